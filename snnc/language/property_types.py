"""The types of property values: literals, and words with their own settings.

These types read syntax and return plain Python. They raise the errors defined in
`snnc.language.scalars`.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from snnc.language import extents, names, scalars
from snnc.language.models import Model
from snnc.language.table import Key, Limits, ReadBy, ValueWord

Bare = ReadBy(scalars.bare)
Chosen = ReadBy(scalars.choice)

Amount = Annotated[float, ReadBy(scalars.amount)]
Share = Annotated[float, ReadBy(scalars.share), Limits(ge=0, lt=1)]
Whole = Annotated[int, ReadBy(scalars.whole)]
Flag = Annotated[bool, ReadBy(scalars.flag)]
KernelBias = Annotated[bool | Literal["neuron"], ReadBy(scalars.bias)]
Seconds = Annotated[float, ReadBy(scalars.seconds)]
RateRange = Annotated[tuple[float, float], ReadBy(extents.rates)]
UpperRateRange = Annotated[tuple[float, float], ReadBy(extents.upper_rate)]
ValueRange = Annotated[tuple[float, float], ReadBy(extents.values)]
DimsValue = Annotated[tuple[int, ...], ReadBy(extents.dims)]
ShapeValue = Annotated[tuple[int, ...], ReadBy(extents.shape)]
Window = Annotated[tuple[int, ...] | Literal["all"], ReadBy(extents.window)]
Block = Annotated[tuple[int, ...] | Literal["auto"], ReadBy(extents.block)]
Identifier = Annotated[str, ReadBy(names.identifier)]
Phases = Annotated[tuple[extents.Phase, ...], ReadBy(extents.phases)]
ClassNames = Annotated[int | tuple[str, ...], ReadBy(names.classes)]


NEURONS = (
    ValueWord("relu", "Rectified linear neurons: the rate is linear in the current."),
    ValueWord("lif", "Leaky integrate-and-fire neurons."),
)


class NeuronSpec(Model):
    """``relu`` or ``lif``; only ``lif`` has time constants, in seconds."""

    kind: Literal["relu", "lif"]
    tau_rc: Annotated[
        Seconds, Limits(gt=0), Key("The membrane time constant", usual="20 ms")
    ] = 20e-3
    tau_ref: Annotated[
        Seconds, Limits(ge=0), Key("The refractory period", usual="2 ms")
    ] = 2e-3

    @classmethod
    def read(cls, value: Any, make: Callable[[Any], Any]) -> Any:
        """Refuse time constants of ``relu``."""
        written = scalars.choice(value)
        made = make(written)
        if made.kind == "relu" and len(written) > 1:
            key = min(written.keys() - {"kind"})
            raise scalars.problem("not_taken", key=key, owner="relu")
        return made


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
        Amount,
        Limits(ge=0),
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
    Amount, Limits(gt=0), Key("The learning rate of the optimizer", usual="1e-3")
]
Beta1 = Annotated[
    Amount, Limits(ge=0, lt=1), Key("Decay of the mean of the gradients", usual="0.9")
]
Beta2 = Annotated[
    Amount,
    Limits(ge=0, lt=1),
    Key("Decay of the mean of the squared gradients", usual="0.999"),
]
Epsilon = Annotated[
    Amount,
    Limits(gt=0),
    Key("A number added to the denominator for stability", usual="1e-7"),
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
        Amount, Limits(ge=0), Key("Decoupled weight decay", usual="4e-3")
    ] = 4e-3
    beta_1: Beta1 = 0.9
    beta_2: Beta2 = 0.999
    epsilon: Epsilon = 1e-7


class Sgd(Choice):
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 1e-2
    momentum: Annotated[
        Amount, Limits(ge=0, lt=1), Key("The momentum (below 1)", usual="0.9")
    ] = 0.0
    nesterov: Annotated[Flag, Key("Whether to use Nesterov momentum", usual="on")] = (
        False
    )


class PesChoice(Choice):
    """The prescribed error sensitivity rule, which the chip supports."""

    kind: Literal["pes"] = "pes"
    rate: Annotated[
        Amount,
        Limits(gt=0, lt=1),
        Key("The fraction of an error that one presentation removes", usual="0.5"),
    ] = 0.5
    error: Annotated[
        Amount,
        Limits(gt=0),
        Key("The largest error; larger errors are clipped", usual="1.0"),
    ] = 1.0
    from_: Annotated[
        Literal["trained", "zero"],
        Bare,
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
