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
from snnc.language.table import Key, Limits, StatementPart, ValueWord

MOST_CHIPS = 768
"""The number of chips in the largest system; see docs/decisions/006-bounds.md."""

# The parts before the block.
Name = Annotated[
    Identifier,
    StatementPart("name", "The name, with which the names of a layer's tensors begin"),
]
Sources = Annotated[
    tuple[Identifier, ...],
    StatementPart(
        "from", "The layers to read (default: the previous one)", nearby="inputs"
    ),
]
Shape = Annotated[
    ShapeValue,
    StatementPart(
        "shape", "The input's shape, channels last: `28x28x1`", nearby="size"
    ),
]
Within = Annotated[
    ValueRange,
    StatementPart(
        "in",
        "The range of the values, which data must not exceed: `0..1`",
        nearby="range values",
    ),
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
    Whole,
    Limits(ge=1),
    Key("Number of cores that may be used", usual="128", nearby="max_cores"),
]
Pop = Annotated[
    Literal["auto", 16, 32],
    Bare,
    Key(
        "Size of population axons: 16 or 32 bits",
        usual="auto",
        nearby="pop_type",
    ),
]
Step = Annotated[
    Seconds,
    Limits(gt=0),
    Key(
        "The time step",
        usual="1 ms",
        nearby="timestep time_step delta_t step step_size",
    ),
]
Present = Annotated[
    Seconds,
    Limits(gt=0),
    Key(
        "The time per example, a multiple of dt",
        usual="100 ms",
        nearby="duration time t sim_time simulation_time presentation "
        "presentation_time present_time run_time window time_window length",
    ),
]
Synapse = Annotated[
    Seconds,
    Limits(ge=0),
    Key(
        "Time constant of the filter on the inputs",
        usual="5 ms",
        same="tau_syn tau_synapse",
        nearby="tau tau_s tau_out",
    ),
]
ReadoutSynapse = Annotated[
    Seconds,
    Limits(ge=0),
    Key("Time constant of the filter on the output", usual="5 ms"),
]

# Properties of every spiking layer.
Rate = Annotated[
    RateRange,
    Key(
        "The range of firing rates, in Hz",
        usual="20..150 Hz",
        nearby="rates hz frequency firing_rate firing_rates max_rate max_rates "
        "spike_rate target_rate",
    ),
]
UpperRate = Annotated[
    UpperRateRange,
    Key(
        "The upper end of the firing rates, in Hz",
        usual="..150 Hz",
        nearby="rates hz frequency firing_rate firing_rates max_rate max_rates "
        "spike_rate target_rate",
    ),
]
Percentile = Annotated[
    Amount,
    Limits(gt=1, le=100),
    Key("The percentile of the rates that must be within the range", usual="99.9"),
]
Neuron = Annotated[
    NeuronSpec,
    Key(
        "The neurons: `relu`, or `lif` with time constants",
        usual="relu",
        same="activation activation_function neuron_type neuron_model nonlinearity",
        nearby="act",
    ),
]
BatchNorm = Annotated[
    Flag,
    Key(
        "Whether batch norm follows the weights. Export folds it into the weights",
        usual="on",
        same="batch_norm batch_normalization batch_normalisation bn",
        nearby="norm normalization normalisation normalize",
    ),
]
Dropout = Annotated[
    Share,
    Key(
        "The fraction of activations that training drops (below 1)",
        usual="0.2",
        same="dropout_rate drop_rate dropout_prob drop_prob",
        nearby="drop p",
    ),
]
L2 = Annotated[
    Amount,
    Limits(ge=0),
    Key(
        "The factor of the l2 penalty on kernels",
        usual="1e-4",
        nearby="weight_decay l2_reg reg regularization regularizer",
    ),
]
RunsOn = Annotated[
    Literal["chip", "host"],
    Bare,
    Key(
        "Where the layer runs: `chip` or `host`",
        usual="chip",
        nearby="placement location device on_chip",
        words=(
            ValueWord("chip", nearby="loihi core device on_chip"),
            ValueWord("host", nearby="cpu gpu off_chip node"),
        ),
    ),
]
Block = Annotated[
    property_types.Block,
    Key(
        "The part of the layer on one core, as dims; for `conv3d`, slices come first",
        usual="auto",
        nearby="block_shape block_size tile",
    ),
]

# Properties of encoders.
Start = Annotated[
    Literal["rest", "spread"],
    Bare,
    Key(
        "The initial voltages of neurons: 0 (`rest`), or `spread` over 0..1",
        usual="spread",
        nearby="initial_state init_state initial_voltage voltage v_init v0",
        words=(
            ValueWord("rest", nearby="zero zeros reset off"),
            ValueWord("spread", nearby="uniform random on"),
        ),
    ),
]

# Properties of operations.
Filters = Annotated[
    Whole,
    Limits(ge=1),
    Key(
        "Number of output channels",
        usual="8",
        same="out_channels output_channels",
        nearby="channels features outputs out units width hidden n neurons",
    ),
]
Kernel = Annotated[
    DimsValue,
    Key(
        "The size of the kernel: one number or dims",
        usual="3",
        same="kernel_size kernel_shape filter_size ksize",
        nearby="k size window",
    ),
]
Stride = Annotated[
    DimsValue,
    Key(
        "The step between outputs: one number or dims",
        usual="2",
        same="strides",
        nearby="step subsample factor pool_stride",
    ),
]
_PADDING = (
    "`valid` or `same`, as in Keras; for `conv1d` also `causal`, "
    "with zeros only at the start"
)
Padding = Annotated[
    Literal["valid", "same"],
    Bare,
    Key(
        _PADDING,
        usual="same",
        same="border_mode",
        nearby="pad",
        words=(
            ValueWord("valid", nearby="none off"),
            ValueWord("same", nearby="zeros half causal"),
        ),
    ),
]
KernelPadding = Annotated[
    Literal["valid", "same", "causal"],
    Bare,
    Key(
        _PADDING,
        usual="same",
        same="border_mode",
        nearby="pad",
        words=(
            ValueWord("valid", nearby="none off"),
            ValueWord("same", nearby="zeros half"),
            ValueWord("causal", nearby="left"),
        ),
    ),
]
Dilation = Annotated[
    DimsValue,
    Key(
        "The distance between kernel taps: one number or dims",
        usual="2",
        same="dilation_rate dilations",
        nearby="atrous atrous_rate rate",
    ),
]
Groups = Annotated[
    Whole,
    Limits(ge=1),
    Key(
        "Number of equal groups of channels and filters, convolved separately",
        usual="1",
        same="num_groups n_groups",
        nearby="group cardinality",
    ),
]
Multiplier = Annotated[
    Whole,
    Limits(ge=1),
    Key(
        "Output channels per input channel",
        usual="1",
        same="depth_multiplier channel_multiplier",
        nearby="filters factor",
    ),
]
Bias = Annotated[Flag, Key("Whether the layer has a bias", usual="on", same="use_bias")]
KernelBias = Annotated[
    property_types.KernelBias,
    Key(
        "Whether the layer has a bias: one per channel, or one per `neuron`",
        usual="on",
        same="use_bias",
        words=(ValueWord("neuron", nearby="untied position"),),
    ),
]
Shortcut = Annotated[
    Identifier,
    Key(
        "A layer whose output is added to the input of the neurons",
        usual="c0",
        nearby="skip residual skip_connection shortcut_from add",
    ),
]
Factor = Annotated[
    DimsValue,
    Key(
        "The kernel and the stride",
        usual="2",
        nearby="kernel kernel_size pool pool_size window stride strides size scale "
        "scale_factor ratio by",
    ),
]
Window = Annotated[
    property_types.Window,
    Key(
        "The size of the pool: one number, one per axis, or `all`",
        usual="2",
        same="pool pool_size",
        nearby="kernel kernel_size size factor",
    ),
]
Units = Annotated[
    Whole,
    Limits(ge=1),
    Key(
        "Number of output units, or of regression outputs in a readout",
        usual="64",
        same="out_features",
        nearby="hidden hidden_units hidden_size size width neurons nodes features "
        "outputs output_dim n filters",
    ),
]
Classes = Annotated[
    ClassNames,
    Key(
        "The classes: their number, or a list of their names",
        usual="10",
        nearby="labels outputs names class_names label_names",
    ),
]
Decide = Annotated[
    Literal["mean", "last"],
    Bare,
    Key(
        "The deciding output: the `mean` of the second half, or the `last` step",
        usual="mean",
        nearby="decision decode decoder reduction mode readout_mode vote",
        words=(
            ValueWord(
                "mean",
                nearby="max sum average avg count vote majority rate spikes membrane",
            ),
            ValueWord("last", nearby="final end"),
        ),
    ),
]
