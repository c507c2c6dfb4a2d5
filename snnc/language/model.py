"""The spec as data: the models of its statements, with their positions.

The statements about the whole network are here, and `layers` has the others. A model
checks one statement. Rules about several statements (names, shapes, the chip) are
checked on the graph. Times are in seconds, rates in Hz.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Literal, NamedTuple, get_args

from snnc.language import properties as has
from snnc.language.editions import FIRST, ByEdition
from snnc.language.layers import ConvProperties, LayerSpec, MaxPoolSpec, SpikingSpec
from snnc.language.models import Key, Limits, Otherwise, StatementModel, ValueWord, form
from snnc.language.readers import KINDS, PHASES
from snnc.source import Span

ABOUT = form(
    'about "What the network does."',
    "What the network does. The text becomes the docstring of the package.",
    once=True,
)
"""The only statement with a text and no properties."""
KINDS.add(ABOUT.kind)


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
    present: Annotated[has.Present, ByEdition("present")] = FIRST.present
    synapse: Annotated[has.Synapse, ByEdition("synapse")] = FIRST.synapse


class InputSpec(StatementModel):
    """The input of the network: its name, shape and range."""

    forms = (form("input image 28x28x1 in 0..1", once=True),)

    name: has.Name
    shape: has.Shape
    within: has.Within
    mapped: has.Mapped | None = None


class ReadoutSpec(StatementModel):
    """The linear layer on the host that outputs the result."""

    forms = (form("readout label { classes 10 }", place="back", once=True),)

    name: has.Name
    sources: has.Sources = ()
    classes: has.Classes | None = None
    units: has.Units | None = None
    filters: has.Filters | None = None
    kernel: has.Kernel = (1,)
    stride: has.Stride = (1,)
    padding: has.Padding = "valid"
    decide: has.Decide = "mean"
    synapse: Annotated[has.ReadoutSynapse, ByEdition("readout_synapse")] = (
        FIRST.readout_synapse
    )
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
        Key(
            "The weight of examples in the loss: `equal`, or `balanced` for unbalanced "
            "classes",
            usual="balanced",
            words=(ValueWord("balanced", "Gives all classes the same total weight."),),
        ),
    ] = "equal"
    schedule: Annotated[
        Literal["constant", "cosine"],
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


SCOPES = tuple(
    form.kind
    for model in get_args(LayerSpec)
    if issubclass(model, (SpikingSpec, MaxPoolSpec))
    for form in model.forms
)
"""The kinds of layers that ``defaults`` may name."""


class DefaultsSpec(ConvProperties):
    """Properties of all chip layers, or of one kind of layer."""

    forms = (
        form(
            "defaults { rate 20..250 Hz }",
            "The neurons of all chip layers: `relu` (default) or `lif`.",
            kind="neuron",
        ),
        form("defaults { rate 20..250 Hz }"),
    )

    layer: str | None = None
    multiplier: Annotated[has.Multiplier | None, Otherwise(1)] = None
    factor: Annotated[has.Factor | None, Otherwise((2,))] = None
    units: has.Units | None = None


class NetworkSpec(StatementModel):
    """A whole network; ``snn`` is the edition of the language."""

    snn: int = 1
    network: has.Identifier
    about: str = ""
    target: LoihiTarget | NengoTarget = LoihiTarget()
    timing: TimingSpec = TimingSpec()
    defaults: tuple[DefaultsSpec, ...] = ()
    input: InputSpec
    layers: tuple[LayerSpec, ...]
    readout: ReadoutSpec
    train: TrainSpec | None = None


STATEMENTS: tuple[type[StatementModel], ...] = (
    LoihiTarget,
    NengoTarget,
    TimingSpec,
    DefaultsSpec,
    InputSpec,
    *get_args(LayerSpec),
    ReadoutSpec,
    TrainSpec,
)
"""The models of all statements except `about`, in the order of the language."""


def spec_hash(spec: NetworkSpec) -> str:
    """Return the SHA-256 of the canonical spec, which excludes comments and layout."""
    canonical = json.dumps(asdict(spec), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class Place(NamedTuple):
    """The position of a statement.

    ``span`` is the statement's head, from the kind to the name. ``keys`` holds the span
    of the value of each written property (and of ``shape``, ``within`` and ``mapped``),
    and ``sources`` the span of each name after ``from``. For a statement that is not
    written, each is the span of the network's name.
    """

    span: Span
    name: Span | None
    keys: Mapping[str, Span]
    sources: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ValidatedSpec:
    """The valid parts of a spec, with their positions.

    The parts of ``spec`` are checked one by one. A layer statement with an error is
    None in ``spec.layers``. If the next layer has no `from`, its source is then
    unknown. A named placeholder replaces a broken or missing input or readout.

    Attributes
    ----------
    places, defaults
        One per item of ``spec.layers`` and ``spec.defaults``. A layer without a
        name, or with one that is already taken, has a place without a name.
    parts
        The positions of `input`, `readout`, `target`, `timing` and `train`.
    broken
        Names of the input, layers and readout whose statements have errors. The
        properties of these layers are unknown, so rules should not report them.
    defaults_sound
        Whether every ``defaults`` statement is valid. An invalid statement may have set
        a property that looks missing.
    span
        The network's name, or the beginning of the file.
    """

    spec: NetworkSpec
    places: tuple[Place, ...]
    parts: Mapping[str, Place]
    defaults: tuple[Place, ...]
    broken: frozenset[str]
    defaults_sound: bool
    span: Span
