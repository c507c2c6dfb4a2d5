"""The spec as data: what each statement may say, with types, limits and defaults.

pydantic checks what one statement says by itself and writes the JSON Schema. What
needs more than one statement (names, shapes, the chip) is checked on the graph.
Times are in seconds, rates in Hz. None means "not written": `defaults` and the
rules of the language fill it in when the logical graph is made.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from snnc.language.literals import (
    Amount,
    Bare,
    Block,
    ClassNames,
    DimsValue,
    Flag,
    Identifier,
    NeuronSpec,
    RateRange,
    Seconds,
    ShapeValue,
    ValueRange,
    Whole,
    Window,
)
from snnc.language.training import TrainSpec

MOST_CHIPS = 768
"""Chips of the largest system; see docs/decisions/006-bounds.md."""
Padding = Annotated[Literal["valid", "same"], Bare]


class Statement(BaseModel):
    """What all statements share: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class LoihiTarget(Statement):
    """A Loihi system, with every limit of its cores checked."""

    kind: Literal["loihi"] = "loihi"
    chips: Annotated[Whole, Field(ge=1, le=MOST_CHIPS)] = 1
    cores: Annotated[Whole, Field(ge=1)] | None = None
    pop: Annotated[Literal["auto", 16, 32], Bare] = "auto"


class NengoTarget(Statement):
    """Nengo's own simulators: no limits, no blocks."""

    kind: Literal["nengo"] = "nengo"


class TimingSpec(Statement):
    """The step, how long an example is presented, and the default synapse."""

    dt: Annotated[Seconds, Field(gt=0)] = 1e-3
    present: Annotated[Seconds, Field(gt=0)] = 0.1
    synapse: Annotated[Seconds, Field(ge=0)] = 5e-3


class InputSpec(Statement):
    """The values that a network reads: their shape and range."""

    name: Identifier
    shape: ShapeValue
    within: ValueRange
    mapped: ValueRange | None = None


class SpikingSpec(Statement):
    """Properties of every spiking layer; None where `defaults` may speak."""

    rate: RateRange | None = None
    percentile: Annotated[Amount, Field(gt=0, le=100)] | None = None
    neuron: NeuronSpec | None = None
    batchnorm: Flag | None = None
    dropout: Annotated[Amount, Field(ge=0, lt=1)] | None = None
    l2: Annotated[Amount, Field(ge=0)] | None = None
    place: Annotated[Literal["chip", "host"], Bare] | None = None
    synapse: Annotated[Seconds, Field(ge=0)] | None = None
    block: Block | None = None


class ConvEncoderSpec(Statement):
    """`encode conv`: a trained convolution on the host that makes spikes."""

    kind: Literal["encode conv"] = "encode conv"
    name: Identifier | None = None
    sources: tuple[Identifier, ...] = ()
    filters: Annotated[Whole, Field(ge=1)] = 1
    kernel: DimsValue = (1,)
    stride: DimsValue = (1,)
    padding: Padding = "valid"
    bias: Flag = True
    batchnorm: Flag = False
    dropout: Annotated[Amount, Field(ge=0, lt=1)] = 0.0
    rate: RateRange = (0.0, 250.0)


class RateEncoderSpec(Statement):
    """`encode rate`: each value, or its two signs, as a rate; not trained."""

    kind: Literal["encode rate"] = "encode rate"
    name: Identifier | None = None
    sources: tuple[Identifier, ...] = ()
    rate: RateRange = (0.0, 250.0)


class ConvSpec(SpikingSpec):
    """A spiking convolution over one, two or three axes."""

    kind: Literal["conv1d", "conv2d", "conv3d"]
    name: Identifier
    sources: tuple[Identifier, ...] = ()
    filters: Annotated[Whole, Field(ge=1)] | None = None
    kernel: DimsValue | None = None
    stride: DimsValue | None = None
    padding: Padding | None = None
    bias: Flag | None = None
    shortcut: Identifier | None = None


class DownsampleSpec(SpikingSpec):
    """A learned strided convolution in place of pooling."""

    kind: Literal["downsample"] = "downsample"
    name: Identifier
    sources: tuple[Identifier, ...] = ()
    factor: DimsValue | None = None
    filters: Annotated[Whole, Field(ge=1)] | None = None
    bias: Flag | None = None
    shortcut: Identifier | None = None


class DenseSpec(SpikingSpec):
    """A spiking dense layer; it flattens its input as Keras does."""

    kind: Literal["dense"] = "dense"
    name: Identifier
    sources: tuple[Identifier, ...] = ()
    units: Annotated[Whole, Field(ge=1)] | None = None
    bias: Flag | None = None
    shortcut: Identifier | None = None


class AveragePoolSpec(Statement):
    """Average pooling without neurons, folded into its reader."""

    kind: Literal["avgpool"] = "avgpool"
    name: Identifier | None = None
    sources: tuple[Identifier, ...] = ()
    window: Window | None = None
    stride: DimsValue | None = None


class JoinSpec(Statement):
    """`add` and `concat`: sums or joins channels without neurons."""

    kind: Literal["add", "concat"]
    name: Identifier | None = None
    sources: tuple[Identifier, ...]


class ReadoutSpec(Statement):
    """The linear layer on the host that decides."""

    name: Identifier
    sources: tuple[Identifier, ...] = ()
    classes: ClassNames | None = None
    units: Annotated[Whole, Field(ge=1)] | None = None
    decide: Annotated[Literal["mean", "last"], Bare] = "mean"
    synapse: Annotated[Seconds, Field(ge=0)] = 10e-3


class DefaultsSpec(SpikingSpec):
    """Layer properties for every chip layer, or for those of one kind."""

    layer: Literal["conv1d", "conv2d", "conv3d", "downsample", "dense"] | None = None
    filters: Annotated[Whole, Field(ge=1)] | None = None
    kernel: DimsValue | None = None
    stride: DimsValue | None = None
    padding: Padding | None = None
    bias: Flag | None = None
    factor: DimsValue | None = None
    units: Annotated[Whole, Field(ge=1)] | None = None


LayerSpec = (
    ConvEncoderSpec
    | RateEncoderSpec
    | ConvSpec
    | DownsampleSpec
    | DenseSpec
    | AveragePoolSpec
    | JoinSpec
)


class Spec(Statement):
    """A whole network, edition 1 of the language."""

    snn: Literal[1] = 1
    network: Identifier
    about: str = ""
    target: LoihiTarget | NengoTarget = Field(
        default_factory=LoihiTarget, discriminator="kind"
    )
    timing: TimingSpec = Field(default_factory=TimingSpec)
    defaults: tuple[DefaultsSpec, ...] = ()
    input: InputSpec
    layers: tuple[LayerSpec, ...]
    readout: ReadoutSpec
    train: TrainSpec | None = None


def spec_hash(spec: Spec) -> str:
    """Return the SHA-256 of the canonical spec, which has no comments or layout."""
    data = spec.model_dump(mode="json")
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
