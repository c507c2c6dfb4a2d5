"""The properties of the language, each with its type, limits and description.

Types read syntax and return plain Python. They raise the errors defined in
`snnc.language.readers`. A model adds the default of a property, or `Otherwise` if
`defaults` may set it.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from snnc.language import readers
from snnc.language.models import (
    Key,
    Limits,
    Model,
    Otherwise,
    ReadBy,
    StatementPart,
    ValueWord,
)
from snnc.runtime.neurons import constants_of

Chosen = ReadBy(readers.choice)

Amount = Annotated[float, ReadBy(readers.amount)]
Share = Annotated[float, ReadBy(readers.share), Limits(ge=0, lt=1)]
Positive = Annotated[Amount, Limits(gt=0)]
NotNegative = Annotated[Amount, Limits(ge=0)]
Decay = Annotated[Amount, Limits(ge=0, lt=1)]
Whole = Annotated[int, ReadBy(readers.whole)]
Count = Annotated[Whole, Limits(ge=1)]
Flag = Annotated[bool, ReadBy(readers.flag)]
Seconds = Annotated[float, ReadBy(readers.seconds)]
Duration = Annotated[Seconds, Limits(gt=0)]
Delay = Annotated[Seconds, Limits(ge=0)]
ValueRange = Annotated[tuple[float, float], ReadBy(readers.values)]
DimsValue = Annotated[tuple[int, ...], ReadBy(readers.dims)]
Identifier = Annotated[str, ReadBy(readers.identifier)]
Phases = Annotated[tuple[readers.Phase, ...], ReadBy(readers.phases)]


NEURONS = (
    ValueWord("relu", "Rectified linear neurons: the rate is linear in the current."),
    ValueWord("lif", "Leaky integrate-and-fire neurons."),
)


class NeuronSpec(Model):
    """``relu`` or ``lif``; only ``lif`` has time constants, in seconds."""

    kind: Literal["relu", "lif"]
    tau_rc: Annotated[Duration, Key("The membrane time constant", usual="20 ms")] = (
        20e-3
    )
    tau_ref: Annotated[Delay, Key("The refractory period", usual="2 ms")] = 2e-3

    @classmethod
    def read(cls, value: Any, make: Callable[[Any], Any]) -> Any:
        """Refuse constants that the model lacks."""
        written = readers.choice(value)
        neuron = make(written)
        lacking = written.keys() - {"kind", *constants_of(neuron.kind)}
        if lacking:
            raise readers.problem("not_taken", key=min(lacking), owner=neuron.kind)
        return neuron


class Choice(Model):
    """A named choice with its own settings, such as ``adam { ... }``.

    The docstring of a choice describes its ``word``, which is the default of ``kind``.
    """

    word: ClassVar[ValueWord]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.word = ValueWord(vars(cls)["kind"], cls.__doc__ or "")


class CrossEntropy(Choice):
    """Softmax cross entropy over the classes."""

    kind: Literal["cross_entropy"] = "cross_entropy"


class Focal(Choice):
    """Focal loss (Lin et al., 2017), for unbalanced classes."""

    # Equation 5 of https://arxiv.org/abs/1708.02002.
    kind: Literal["focal"] = "focal"
    gamma: Annotated[
        NotNegative,
        Key("Focal loss: how strongly easy examples are down-weighted", usual="2"),
    ] = 2.0
    alpha: Annotated[
        Amount,
        Limits(gt=0, le=1),
        Key(
            "Focal loss: the weight of the second of two classes. The first has the "
            "weight 1 - `alpha`",
            usual="0.25",
        ),
    ] = 0.25


class MeanSquaredError(Choice):
    """Mean squared error, the loss of a regression."""

    kind: Literal["mse"] = "mse"


LearningRate = Annotated[
    Positive, Key("The learning rate of the optimizer", usual="1e-3")
]
Beta1 = Annotated[Decay, Key("Decay of the mean of the gradients", usual="0.9")]
Beta2 = Annotated[
    Decay, Key("Decay of the mean of the squared gradients", usual="0.999")
]
Epsilon = Annotated[
    Positive, Key("A number added to the denominator for stability", usual="1e-7")
]


class Adam(Choice):
    """Adam (Kingma and Ba, 2014)."""

    kind: Literal["adam"] = "adam"
    learning_rate: LearningRate = 1e-3
    beta_1: Beta1 = 0.9
    beta_2: Beta2 = 0.999
    epsilon: Epsilon = 1e-7


class AdamW(Choice):
    """Adam with decoupled weight decay."""

    kind: Literal["adamw"] = "adamw"
    learning_rate: LearningRate = 1e-3
    weight_decay: Annotated[
        NotNegative, Key("Decoupled weight decay", usual="4e-3")
    ] = 4e-3
    beta_1: Beta1 = 0.9
    beta_2: Beta2 = 0.999
    epsilon: Epsilon = 1e-7


class Sgd(Choice):
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 1e-2
    momentum: Annotated[Decay, Key("The momentum (below 1)", usual="0.9")] = 0.0
    nesterov: Annotated[Flag, Key("Whether to use Nesterov momentum", usual="on")] = (
        False
    )


class PesChoice(Choice):
    """The prescribed error sensitivity rule, which the chip supports."""

    kind: Literal["pes"] = "pes"
    rate: Annotated[
        Annotated[
            Amount,
            Limits(gt=0, lt=1),
            Key("The fraction of an error that one presentation removes", usual="0.5"),
        ]
        | None,
        Otherwise(text="0.5, or the nearest that the chip supports"),
    ] = None
    error: Annotated[
        Positive, Key("The largest error; larger errors are clipped", usual="1.0")
    ] = 1.0
    from_: Annotated[
        Literal["trained", "zero"],
        Key(
            "The initial weights of learning: `trained` or `zero`",
            usual="trained",
            words=(
                ValueWord("trained", "Learning begins with the trained weights."),
                ValueWord("zero", "Learning begins with zero weights."),
            ),
        ),
    ] = "trained"


Learn = Annotated[
    PesChoice,
    Chosen,
    Key("The rule by which the weights keep learning on the chip: `pes`", usual="pes"),
]
Loss = Annotated[
    CrossEntropy | Focal | MeanSquaredError,
    Chosen,
    Key("`cross_entropy`, `focal` or `mse`", usual="cross_entropy"),
]
Optimizer = Annotated[
    Adam | AdamW | Sgd, Chosen, Key("`adam`, `adamw` or `sgd`", usual="adam")
]

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
    tuple[int, ...],
    ReadBy(readers.shape),
    StatementPart("shape", "The input's shape, channels last: `28x28x1`"),
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
Cores = Annotated[Count, Key("Number of cores that may be used", usual="128")]
Pop = Annotated[
    Literal["auto", 16, 32],
    Key("Size of population axons: 16 or 32 bits", usual="auto"),
]
Step = Annotated[Duration, Key("The time step", usual="1 ms")]
Present = Annotated[
    Duration, Key("The time per example, a multiple of dt", usual="40 ms")
]
Synapse = Annotated[
    Delay, Key("Time constant of the filter on the inputs", usual="1 ms")
]
ReadoutSynapse = Annotated[
    Delay, Key("Time constant of the filter on the output", usual="8 ms")
]

# Properties of every spiking layer.
Rate = Annotated[
    tuple[float, float],
    ReadBy(readers.rates),
    Key("The range of firing rates, in Hz", usual="20..250 Hz"),
]
UpperRate = Annotated[
    tuple[float, float],
    ReadBy(readers.upper_rate),
    Key("The upper end of the firing rates, in Hz", usual="..250 Hz"),
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
        "Whether batch normalization follows the weights. Export folds it into them",
        usual="on",
    ),
]
Dropout = Annotated[
    Share, Key("The fraction of activations that training drops (below 1)", usual="0.2")
]
L2 = Annotated[
    NotNegative, Key("The factor of the l2 penalty on kernels", usual="1e-4")
]
RunsOn = Annotated[
    Literal["chip", "host"], Key("Where the layer runs: `chip` or `host`", usual="chip")
]
Block = Annotated[
    tuple[int, ...] | Literal["auto"],
    ReadBy(readers.block),
    Key(
        "The part of the layer on one core, as dims; for `conv3d`, slices come first",
        usual="auto",
    ),
]

# Properties of encoders.
Start = Annotated[
    Literal["rest", "spread"],
    Key(
        "The initial voltages of neurons: 0 (`rest`), or `spread` over 0..1",
        usual="spread",
    ),
]

# Properties of operations.
Filters = Annotated[Count, Key("Number of output channels", usual="8")]
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
Padding = Annotated[Literal["valid", "same"], Key(_PADDING, usual="same")]
KernelPadding = Annotated[
    Literal["valid", "same", "causal"], Key(_PADDING, usual="same")
]
Dilation = Annotated[
    DimsValue, Key("The distance between kernel taps: one number or dims", usual="2")
]
Groups = Annotated[
    Count,
    Key(
        "Number of equal groups of channels and filters, convolved separately",
        usual="1",
    ),
]
Multiplier = Annotated[Count, Key("Output channels per input channel", usual="1")]
Bias = Annotated[Flag, Key("Whether the layer has a bias", usual="on")]
KernelBias = Annotated[
    bool | Literal["neuron"],
    ReadBy(readers.bias),
    Key(
        "Whether the layer has a bias: one per channel, or one per `neuron`", usual="on"
    ),
]
Shortcut = Annotated[
    Identifier,
    Key("A layer whose output is added to the input of the neurons", usual="c0"),
]
Factor = Annotated[DimsValue, Key("The kernel and the stride", usual="2")]
Repeats = Annotated[
    DimsValue,
    Key("How often each position is repeated: one number, or one per axis", usual="2"),
]
Window = Annotated[
    tuple[int, ...] | Literal["all"],
    ReadBy(readers.window),
    Key("The size of the pool: one number, one per axis, or `all`", usual="2"),
]
Units = Annotated[
    Count,
    Key("Number of output units, or of regression outputs in a readout", usual="64"),
]
Classes = Annotated[
    int | tuple[str, ...],
    ReadBy(readers.classes),
    Key("The classes: their number, or a list of their names", usual="10"),
]
Decide = Annotated[
    Literal["mean", "last"],
    Key(
        "The deciding output: the `mean` of the second half, or the `last` step",
        usual="mean",
    ),
]
