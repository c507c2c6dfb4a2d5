"""The attributes of layers: ``make accept`` writes them from the language table."""

from __future__ import annotations

from typing import Literal

from snnc.language.properties import NeuronSpec


class LayerAttributes:
    """A layer's name, kind, sources and shape, and the properties of all kinds."""

    name: str
    kind: str
    sources: tuple[str, ...]
    shape: tuple[int, ...]
    filters: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Literal["valid", "same", "causal"]
    bias: bool | Literal["neuron"]
    batchnorm: bool
    dropout: float
    rate: tuple[float, float]
    start: Literal["rest", "spread"]
    percentile: float
    neuron: NeuronSpec
    l2: float
    place: Literal["chip", "host"]
    synapse: float
    block: tuple[int, ...] | Literal["auto"]
    dilation: tuple[int, ...]
    groups: int
    shortcut: str | None
    multiplier: int
    factor: tuple[int, ...]
    window: tuple[int, ...]
    units: int
