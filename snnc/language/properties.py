"""The properties of the language, each with its type, limits and description.

A model adds the default of a property, or `Otherwise` if `defaults` may set it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from snnc.language import property_types
from snnc.language.property_types import (
    Amount,
    Bare,
    ClassNames,
    DimsValue,
    Flag,
    Identifier,
    NeuronSpec,
    RateRange,
    Seconds,
    ShapeValue,
    Share,
    UpperRateRange,
    ValueRange,
    Whole,
)
from snnc.language.table import Key, Limits, StatementPart

MOST_CHIPS = 768
"""The number of chips in the largest system; see docs/decisions/006-bounds.md."""

# The parts before the block.
Name = Annotated[
    Identifier,
    StatementPart("name", "The name, with which the names of a layer's tensors begin"),
]
Sources = Annotated[
    tuple[Identifier, ...],
    StatementPart("from", "The layers to read (default: the previous one)"),
]
Shape = Annotated[
    ShapeValue, StatementPart("shape", "The input's shape, channels last: `28x28x1`")
]
Within = Annotated[
    ValueRange,
    StatementPart("in", "The range of the values, which data must not exceed: `0..1`"),
]
Mapped = Annotated[
    ValueRange,
    StatementPart(
        "as", "The range to which values are scaled linearly (default: no scaling)"
    ),
]

# Properties of `target` and `timing`.
Chips = Annotated[Whole, Limits(ge=1, le=MOST_CHIPS), Key("Number of chips", usual="1")]
Cores = Annotated[
    Whole, Limits(ge=1), Key("Number of cores that may be used", usual="128")
]
Pop = Annotated[
    Literal["auto", 16, 32],
    Bare,
    Key("Size of population axons: 16 or 32 bits", usual="auto"),
]
Step = Annotated[Seconds, Limits(gt=0), Key("The time step", usual="1 ms")]
Present = Annotated[
    Seconds, Limits(gt=0), Key("The time per example, a multiple of dt", usual="100 ms")
]
Synapse = Annotated[
    Seconds,
    Limits(ge=0),
    Key("Time constant of the filter on the inputs", usual="5 ms"),
]
ReadoutSynapse = Annotated[
    Seconds,
    Limits(ge=0),
    Key("Time constant of the filter on the output", usual="5 ms"),
]

# Properties of every spiking layer.
Rate = Annotated[RateRange, Key("The range of firing rates, in Hz", usual="20..150 Hz")]
UpperRate = Annotated[
    UpperRateRange, Key("The upper end of the firing rates, in Hz", usual="..150 Hz")
]
Percentile = Annotated[
    Amount,
    Limits(gt=1, le=100),
    Key("The percentile of the rates that must be within the range", usual="99.9"),
]
Neuron = Annotated[
    NeuronSpec, Key("The neurons: `relu`, or `lif` with time constants", usual="relu")
]
BatchNorm = Annotated[
    Flag,
    Key(
        "Whether batch norm follows the weights. Export folds it into the weights",
        usual="on",
    ),
]
Dropout = Annotated[
    Share, Key("The fraction of activations that training drops (below 1)", usual="0.2")
]
L2 = Annotated[
    Amount, Limits(ge=0), Key("The factor of the l2 penalty on kernels", usual="1e-4")
]
RunsOn = Annotated[
    Literal["chip", "host"],
    Bare,
    Key("Where the layer runs: `chip` or `host`", usual="chip"),
]
Block = Annotated[
    property_types.Block,
    Key(
        "The part of the layer on one core, as dims; for `conv3d`, slices come first",
        usual="auto",
    ),
]

# Properties of encoders.
Start = Annotated[
    Literal["rest", "spread"],
    Bare,
    Key(
        "The initial voltages of neurons: 0 (`rest`), or `spread` over 0..1",
        usual="spread",
    ),
]

# Properties of operations.
Filters = Annotated[Whole, Limits(ge=1), Key("Number of output channels", usual="8")]
Kernel = Annotated[
    DimsValue, Key("The size of the kernel: one number or dims", usual="3")
]
Stride = Annotated[
    DimsValue, Key("The step between outputs: one number or dims", usual="2")
]
_PADDING = (
    "`valid` or `same`, as in Keras; for `conv1d` also `causal`, "
    "with zeros only at the start"
)
Padding = Annotated[Literal["valid", "same"], Bare, Key(_PADDING, usual="same")]
KernelPadding = Annotated[
    Literal["valid", "same", "causal"], Bare, Key(_PADDING, usual="same")
]
Dilation = Annotated[
    DimsValue, Key("The distance between kernel taps: one number or dims", usual="2")
]
Groups = Annotated[
    Whole,
    Limits(ge=1),
    Key(
        "Number of equal groups of channels and filters, convolved separately",
        usual="1",
    ),
]
Multiplier = Annotated[
    Whole, Limits(ge=1), Key("Output channels per input channel", usual="1")
]
Bias = Annotated[Flag, Key("Whether the layer has a bias", usual="on")]
KernelBias = Annotated[
    property_types.KernelBias,
    Key(
        "Whether the layer has a bias: one per channel, or one per `neuron`", usual="on"
    ),
]
Shortcut = Annotated[
    Identifier,
    Key("A layer whose output is added to the input of the neurons", usual="c0"),
]
Factor = Annotated[DimsValue, Key("The kernel and the stride", usual="2")]
Window = Annotated[
    property_types.Window,
    Key("The size of the pool: one number, one per axis, or `all`", usual="2"),
]
Units = Annotated[
    Whole,
    Limits(ge=1),
    Key("Number of output units, or of regression outputs in a readout", usual="64"),
]
Classes = Annotated[
    ClassNames, Key("The classes: their number, or a list of their names", usual="10")
]
Decide = Annotated[
    Literal["mean", "last"],
    Bare,
    Key(
        "The deciding output: the `mean` of the second half, or the `last` step",
        usual="mean",
    ),
]
