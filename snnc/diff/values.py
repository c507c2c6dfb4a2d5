"""Values as the language writes them, different texts for different values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from snnc.ir.logical import Lif, Rate, Relu, Shape
from snnc.syntax import spelling
from snnc.text.units import dims


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


def number(value: float) -> str:
    """Write a number; a whole one below a million as an integer."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e6)
    return spelling.number(int(value) if whole else value)


def time(seconds: float) -> str:
    """Write a time given in seconds, in ms below one second."""
    exact = Decimal(repr(seconds))
    if seconds >= 1:
        return f"{_plain(exact)} s"
    return f"{_plain(exact * 1000)} ms"


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def interval(low: float, high: float) -> str:
    return f"{number(low)}..{number(high)}"


def rate(value: Rate) -> str:
    """Write a budget in Hz; a lower end of 0 is left out, as is usual."""
    if value.low == 0:
        return f"..{number(value.high)} Hz"
    return f"{interval(value.low, value.high)} Hz"


def flag(value: bool) -> str:
    return "on" if value else "off"


def extents(value: Shape) -> str:
    """Write sizes of axes; one stands for equal ones."""
    return str(value[0]) if len(set(value)) == 1 else dims(value)


def neuron(value: Relu | Lif) -> Written:
    if isinstance(value, Relu):
        return Chosen("relu", {})
    settings = {"tau_rc": time(value.tau_rc), "tau_ref": time(value.tau_ref)}
    return Chosen("lif", settings)


def chosen(value: BaseModel) -> Chosen:
    """Write a loss or an optimiser with all of its settings."""
    data = value.model_dump()
    settings = {key: plain(data[key]) for key in data if key != "kind"}
    return Chosen(str(data["kind"]), settings)


def plain(value: bool | float | str) -> str:
    """Write a switch, a number or a word."""
    if isinstance(value, bool):
        return flag(value)
    return value if isinstance(value, str) else number(value)
