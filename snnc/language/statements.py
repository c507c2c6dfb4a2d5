"""The table of statements about the whole network, with their descriptions."""

from typing import Annotated, ClassVar, Literal

from snnc.language import properties as has
from snnc.language.extents import PHASES
from snnc.language.models import Model
from snnc.language.names import KINDS
from snnc.language.property_types import (
    Adam,
    Bare,
    Learn,
    Loss,
    Optimizer,
    Phases,
    Share,
    Whole,
)
from snnc.language.table import Form, Key, Limits, Otherwise, ValueWord

ABOUT = Form(
    "about",
    "What the network does. The text becomes the docstring of the package.",
    'about "What the network does."',
    once=True,
)
KINDS.add(ABOUT.kind)
"""The only statement with a text and no properties."""


class StatementModel(Model):
    """The base class of statements: unknown keys are errors, and values are immutable.

    ``forms`` are the kinds of statements that use this model. ``variant`` is the word
    after the kind, for kinds with several models.
    """

    forms: ClassVar[tuple[Form, ...]] = ()
    variant: ClassVar[ValueWord | None] = None

    def __init_subclass__(cls) -> None:
        """Reserve the words that begin statements."""
        super().__init_subclass__()
        KINDS.update(form.kind for form in cls.forms)


TARGET = Form(
    "target",
    "The target of the build: `loihi` (default), or `nengo`, which has no limits.",
    "target loihi { chips 1 }",
    once=True,
)


class LoihiTarget(StatementModel):
    """A Loihi system; all limits of its cores are enforced."""

    forms = (TARGET,)
    variant = ValueWord("loihi", "A Loihi system. snnc checks all limits of its cores.")

    kind: Literal["loihi"] = "loihi"
    chips: has.Chips = 1
    cores: Annotated[has.Cores | None, Otherwise(text="128 x chips")] = None
    pop: has.Pop = "auto"


class NengoTarget(StatementModel):
    """The Nengo simulators, which have no limits and no blocks."""

    forms = (TARGET,)
    variant = ValueWord("nengo", "Nengo's simulators, which have no limits.")

    kind: Literal["nengo"] = "nengo"


class TimingSpec(StatementModel):
    """The time step, the time per example, and the default synapse."""

    forms = (
        Form(
            "timing",
            "The time step, the time per example, and the default synapse.",
            "timing { dt 1 ms, present 60 ms }",
            once=True,
        ),
    )

    dt: has.Step = 1e-3
    present: has.Present = 0.1
    synapse: has.Synapse = 5e-3


class InputSpec(StatementModel):
    """The input of a network: its shape and range."""

    forms = (
        Form(
            "input",
            "The input of the network: its name, shape and range.",
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
    """The linear layer on the host that computes the output."""

    forms = (
        Form(
            "readout",
            "The linear layer on the host that outputs the result.",
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
    learn: Learn | None = None


class TrainSpec(StatementModel):
    """The settings of `train.py`; a value is None if it depends on the readout."""

    forms = (
        Form(
            "train",
            "How `train.py` trains the network.",
            "train { epochs 20 }",
            place="back",
            once=True,
        ),
    )
    loss: Annotated[Loss | None, Otherwise(text="depends on the readout")] = None
    optimizer: Optimizer = Adam()
    batch: Annotated[
        Whole, Limits(ge=1), Key("Number of examples per training step", usual="64")
    ] = 64
    epochs: Annotated[
        Whole, Limits(ge=1), Key("Number of passes over the data", usual="20")
    ] = 20
    l2: has.L2 = 0.0
    label_smoothing: Annotated[
        Share,
        Key(
            "The fraction of a label that is spread over all classes (below 1)",
            usual="0.1",
        ),
    ] = 0.0
    class_weight: Annotated[
        Literal["equal", "balanced"],
        Bare,
        Key(
            "The weight of examples in the loss: `equal`, or `balanced` for unbalanced "
            "classes",
            usual="balanced",
            words=(ValueWord("balanced", "Gives all classes the same total weight."),),
        ),
    ] = "equal"
    schedule: Annotated[
        Literal["constant", "cosine"],
        Bare,
        Key("The learning rate over time: `constant` or `cosine`", usual="cosine"),
    ] = "constant"
    phases: Annotated[
        Phases,
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
        Share,
        Key("The fraction of the data that is held out for validation", usual="0.1"),
    ] = 0.1
    seed: Annotated[
        Whole,
        Limits(ge=0),
        Key("The seed of the split and the initial weights", usual="0"),
    ] = 0
