"""Values of the graph as the language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from snnc.ir.logical import Lif, Rate, Relu
from snnc.language import written


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice with settings: ``adam { learning_rate 1e-3 }``."""

    kind: str
    settings: Mapping[str, str]

    def __str__(self) -> str:
        if not self.settings:
            return self.kind
        inner = ", ".join(f"{key} {value}" for key, value in self.settings.items())
        return f"{self.kind} {{ {inner} }}"


Written = str | Chosen
Properties = dict[str, Written]


def rate(value: Rate) -> str:
    return written.rates(value.low, value.high)


def neuron(value: Relu | Lif) -> Written:
    if isinstance(value, Relu):
        return Chosen("relu", {})
    settings = {
        "tau_rc": written.time(value.tau_rc),
        "tau_ref": written.time(value.tau_ref),
    }
    return Chosen("lif", settings)


def chosen(value: BaseModel) -> Chosen:
    """Write a loss or an optimiser with all of its settings."""
    data = value.model_dump()
    settings = {key: written.plain(data[key]) for key in data if key != "kind"}
    return Chosen(str(data["kind"]), settings)
