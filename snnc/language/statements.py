"""The table of statements about the whole network, with their descriptions."""

from typing import Annotated, ClassVar, Literal

from snnc.language import properties as has
from snnc.language.extents import PHASES
from snnc.language.models import Model
from snnc.language.names import KINDS
from snnc.language.table import Form, Key, Limits, Otherwise, ValueWord, form

ABOUT = form(
    'about "What the network does."',
    "What the network does. The text becomes the docstring of the package.",
    once=True,
)
KINDS.add(ABOUT.kind)
"""The only statement with a text and no properties."""


class StatementModel(Model):
    """The base class of statements: unknown keys are errors, and values are immutable.

    ``forms`` are the kinds of statements that use this model. ``variant`` is the word
    after the kind, for kinds with several models. A model's docstring describes both.
    """

    forms: ClassVar[tuple[Form, ...]] = ()
    variant: ClassVar[ValueWord | None] = None

    def __init_subclass__(cls, variant: str = "") -> None:
        """Describe the statements, and reserve the words that begin them."""
        super().__init_subclass__()
        about = cls.__doc__ or ""
        cls.forms = tuple(f if f.about else f._replace(about=about) for f in cls.forms)
        cls.variant = ValueWord(variant, about) if variant else None
        KINDS.update(form.kind for form in cls.forms)


TARGET = form(
    "target loihi { chips 1 }",
    "The target of the build: `loihi` (default), or `nengo`, which has no limits.",
    once=True,
)


class LoihiTarget(StatementModel, variant="loihi"):
    """A Loihi system. snnc checks all limits of its cores."""

    forms = (TARGET,)

    kind: Literal["loihi"] = "loihi"
    chips: has.Chips = 1
    cores: Annotated[has.Cores | None, Otherwise(text="128 x chips")] = None
    pop: has.Pop = "auto"


class NengoTarget(StatementModel, variant="nengo"):
    """Nengo's simulators, which have no limits."""

    forms = (TARGET,)

    kind: Literal["nengo"] = "nengo"


class TimingSpec(StatementModel):
    """The time step, the time per example, and the default synapse."""

    forms = (form("timing { dt 1 ms, present 60 ms }", once=True),)

    dt: has.Step = 1e-3
    present: has.Present = 0.1
    synapse: has.Synapse = 5e-3


class InputSpec(StatementModel):
    """The input of the network: its name, shape and range."""

    forms = (
        form(
            "input image 28x28x1 in 0..1",
            name="required",
            values="required",
            once=True,
        ),
    )

    name: has.Name
    shape: has.Shape
    within: has.Within
    mapped: has.Mapped | None = None


class ReadoutSpec(StatementModel):
    """The linear layer on the host that outputs the result."""

    forms = (
        form(
            "readout label { classes 10 }",
            name="required",
            sources="optional",
            place="back",
            once=True,
            size="classes",
        ),
    )

    name: has.Name
    sources: has.Sources = ()
    classes: has.Classes | None = None
    units: has.Units | None = None
    filters: has.Filters | None = None
    kernel: has.Kernel = (1,)
    stride: has.Stride = (1,)
    padding: has.Padding = "valid"
    decide: has.Decide = "mean"
    synapse: has.ReadoutSynapse = 10e-3
    learn: has.Learn | None = None


class TrainSpec(StatementModel):
    """How `train.py` trains the network."""

    forms = (form("train { epochs 20 }", place="back", once=True),)
    loss: Annotated[has.Loss | None, Otherwise(text="depends on the readout")] = None
    optimizer: has.Optimizer = has.Adam()
    batch: Annotated[
        has.Count, Key("Number of examples per training step", usual="64")
    ] = 64
    epochs: Annotated[has.Count, Key("Number of passes over the data", usual="20")] = 20
    l2: has.L2 = 0.0
    label_smoothing: Annotated[
        has.Share,
        Key(
            "The fraction of a label that is spread over all classes (below 1)",
            usual="0.1",
        ),
    ] = 0.0
    class_weight: Annotated[
        Literal["equal", "balanced"],
        has.Bare,
        Key(
            "The weight of examples in the loss: `equal`, or `balanced` for unbalanced "
            "classes",
            usual="balanced",
            words=(ValueWord("balanced", "Gives all classes the same total weight."),),
        ),
    ] = "equal"
    schedule: Annotated[
        Literal["constant", "cosine"],
        has.Bare,
        Key("The learning rate over time: `constant` or `cosine`", usual="cosine"),
    ] = "constant"
    phases: Annotated[
        has.Phases,
        Key(
            "The phases of training, in this order: plain Keras, scaling into the "
            "rates, training on the network's own spikes",
            usual="[smooth, scale]",
            words=(
                ValueWord("smooth", "Trains the layers as in plain Keras."),
                ValueWord("scale", "Scales each layer into its range of rates."),
                ValueWord(
                    "spikes", "Trains on the network's own spikes, as on the chip."
                ),
            ),
        ),
    ] = PHASES
    validation: Annotated[
        has.Share,
        Key("The fraction of the data that is held out for validation", usual="0.1"),
    ] = 0.1
    seed: Annotated[
        has.Whole,
        Limits(ge=0),
        Key("The seed of the split and the initial weights", usual="0"),
    ] = 0
