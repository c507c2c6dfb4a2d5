"""Changes to a spec: a property of a layer with another value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from snnc.graph.logical import Shape
from snnc.report.units import dims
from snnc.spec.located import ValidatedSpec


@dataclass(frozen=True, slots=True)
class Change:
    """One property of one layer with another value.

    ``position`` is the layer's place among the spec's layers, ``layer`` its name.
    """

    position: int
    layer: str
    key: str
    value: int | Shape | str

    @property
    def text(self) -> str:
        """The property as a spec has it: ``stride 2``, ``kernel 1x3x3``."""
        return f"{self.key} {written(self.value)}"


def written(value: int | Shape | str) -> str:
    """A number, dims or a word as a spec has them; equal dims are one number."""
    if not isinstance(value, tuple):
        return str(value)
    return str(value[0]) if len(set(value)) == 1 else dims(value)


def with_changes(spec: ValidatedSpec, changes: Sequence[Change]) -> ValidatedSpec:
    """The spec with other values, at the same places."""
    layers = list(spec.spec.layers)
    for change in changes:
        layer = layers[change.position]
        layers[change.position] = layer.model_copy(update={change.key: change.value})
    return replace(spec, spec=spec.spec.model_copy(update={"layers": tuple(layers)}))
