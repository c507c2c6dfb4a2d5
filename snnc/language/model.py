"""The spec as data: the statements of `statements` and `layers` together.

A model checks what one statement says by itself. What needs more than one statement
(names, shapes, the chip) is checked on the graph. Times are in seconds, rates in Hz.
"""

import hashlib
import json
from typing import Annotated, Literal, get_args

from snnc.language.layers import (
    ConvProperties,
    DenseProperties,
    DepthwiseProperties,
    DownsampleProperties,
    LayerSpec,
    MaxPoolSpec,
    SpikingSpec,
)
from snnc.language.literals import Identifier
from snnc.language.reading import ByKind, Read
from snnc.language.scalars import bare, unexpected
from snnc.language.statements import (
    InputSpec,
    LoihiTarget,
    NengoTarget,
    ReadoutSpec,
    Statement,
    TimingSpec,
)
from snnc.language.table import Form
from snnc.language.training import TrainSpec

SCOPES = tuple(
    form.kind
    for model in get_args(LayerSpec)
    if issubclass(model, (SpikingSpec, MaxPoolSpec))
    for form in model.forms
)
"""The kinds of layers that ``defaults`` may be for."""


def _scope(value: object) -> str:
    """Take a kind of layer that spikes."""
    kind = bare(value)
    if kind not in SCOPES:
        raise unexpected("a kind of layer that spikes", SCOPES[0])
    return str(kind)


class DefaultsSpec(
    DenseProperties, DownsampleProperties, DepthwiseProperties, ConvProperties
):
    """Layer properties for every chip layer, or for those of one kind."""

    forms = (
        Form(
            "neuron",
            "The neurons of all chip layers: `relu` (default) or `lif`.",
            "defaults { rate 20..150 Hz }",
        ),
        Form(
            "defaults",
            "Properties of all chip layers, or of those of one kind.",
            "defaults { rate 20..150 Hz }",
            nearby="config settings options params parameters",
        ),
    )

    layer: Annotated[str, Read(_scope)] | None = None


class Spec(Statement):
    """A whole network, edition 1 of the language."""

    snn: Literal[1] = 1
    network: Identifier
    about: str = ""
    target: Annotated[LoihiTarget | NengoTarget, ByKind()] = LoihiTarget()
    timing: TimingSpec = TimingSpec()
    defaults: tuple[DefaultsSpec, ...] = ()
    input: InputSpec
    layers: tuple[LayerSpec, ...]
    readout: ReadoutSpec
    train: TrainSpec | None = None


STATEMENTS: tuple[type[Statement], ...] = (
    LoihiTarget,
    NengoTarget,
    TimingSpec,
    DefaultsSpec,
    InputSpec,
    *get_args(LayerSpec),
    ReadoutSpec,
    TrainSpec,
)
"""The models of all statements but `about`, in the order of the language."""


def spec_hash(spec: Spec) -> str:
    """Return the SHA-256 of the canonical spec, which has no comments or layout."""
    canonical = json.dumps(spec.model_dump(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
