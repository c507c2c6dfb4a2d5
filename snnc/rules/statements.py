"""Rules for statements: kinds, parts, names, properties and their values."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic, PropertyDiagnostic, StatementDiagnostic
from snnc.language.keywords import keys_of
from snnc.language.layers import SpikingSpec
from snnc.text.tables import join_alternatives


class UnknownWord(Diagnostic):
    """A word that is unknown: the help gives advice, or else the nearest word."""

    otherwise: ClassVar[str] = "remove it"
    """The template of the help if no word is near."""

    near: str | None = None

    @property
    def hint(self) -> str:
        """The advice, or a suggestion of the nearest word."""
        near = "did you mean `{near}`?"
        template = self.otherwise if self.near is None else near
        return self.advice or self.fill(template)


class UnknownKind(UnknownWord):
    """Checks that a statement begins with a known kind.

    Statements about the network are `about`, `target`, `timing`, `defaults`, `neuron`,
    `input`, `readout` and `train`. Layers are `encode`, `conv1d`, `conv2d`, `conv3d`,
    `conv2d_transpose`, `depthwise1d`, `depthwise2d`, `depthwise3d`, `downsample`,
    `dense`, `avgpool`, `upsample`, `maxpool`, `add` and `concat`. `docs/language.md`
    lists their properties. If a Keras layer such as `AveragePooling2D` has a different
    name in a spec, the help shows that name. Layers that the language leaves out, such
    as `lstm` or `Flatten`, have their own rules, SNN9xx, which give the reason.
    """

    code = "SNN200"
    title = "unknown statement"
    message = "there is no statement `{word}`"
    label = "unknown"

    otherwise = "{begins} {known}"

    word: str
    known: tuple[str, ...]
    begins: str = "a statement begins with"


class UnknownProperty(UnknownWord):
    """Checks that a statement has only properties that its kind allows.

    A misspelt property is an error, so snnc never silently uses the default instead.
    """

    code = "SNN203"
    title = "unknown property"
    message = "`{owner}` has no property `{key}`"
    label = "unknown"
    notes = ("{known_properties}",)

    owner: str
    key: str
    legal: tuple[str, ...]

    @property
    def known_properties(self) -> str:
        """The properties to list, those of the owner first; may be empty."""
        if self.near is not None or self.advice:
            return ""
        if not self.legal:
            return f"`{self.owner}` takes no properties"
        shared = keys_of(SpikingSpec)
        keys = sorted(self.legal, key=lambda key: key in shared)
        listed = ", ".join(f"`{key}`" for key in keys)
        return f"the properties of `{self.owner}` are {listed}"


class RepeatedProperty(PropertyDiagnostic):
    """Checks that no property is given twice, since one value would be ignored."""

    code = "SNN204"
    title = "repeated property"
    message = "`{key}` is given twice"
    label = "given again"
    help = "remove one of them"


class MissingProperty(Diagnostic):
    """Checks that a statement has its required properties."""

    code = "SNN211"
    title = "missing property"
    message = "`{owner}` needs {what}"
    label = "expected {what}"
    help = "write, for example, `{example}`"

    owner: str
    what: str
    example: str


class MissingName(StatementDiagnostic):
    """Checks that a statement has a name if its kind requires a name.

    The input, the readout and all spiking layers need names. Weight tensors and
    generated variables are named after them.
    """

    code = "SNN212"
    title = "missing name"
    message = "`{kind}` needs a name"
    label = "expected a name after this"
    help = "write, for example, `{kind} {example}`"

    example: str


class InvalidName(Diagnostic):
    """Checks that a name is valid.

    The generated code uses the names in a spec as names of variables, attributes and
    files. A name consists of letters a to z, digits and underscores, begins with a
    letter, and has at most 40 characters. Python keywords and reserved words of the
    language are not valid names. A network's name is also the name of its folder and
    package. This name can't be the name of a library or of a Windows device.
    """

    code = "SNN213"
    title = "invalid name"
    message = "`{name}` is not a valid name"
    label = "{reason}"
    help = "use another name, such as `{example}`"

    name: str
    reason: str
    example: str


class RepeatedName(Diagnostic):
    """Checks that names are unique.

    The input, the layers and the readout share one namespace.
    """

    code = "SNN214"
    title = "repeated name"
    message = "the name `{name}` is used twice"
    label = "used again"
    help = "use another name, such as `{free}`"

    name: str
    free: str


class MissingPart(MissingProperty):
    """Checks that a statement has the required parts before its block."""

    code = "SNN215"
    title = "missing part"


class PartNotTaken(Diagnostic):
    """Checks that a statement contains only the parts that its kind allows.

    Only the input has a shape and a range. Only layers and the readout have `from`.
    Only `about` is followed by a text. The shape of a layer follows from its input.
    """

    code = "SNN216"
    title = "unsupported part of a statement"
    message = "`{owner}` takes no {part}"
    label = "not supported here"

    owner: str
    part: str


class RepeatedStatement(StatementDiagnostic):
    """Checks that statements such as `timing` occur only once."""

    code = "SNN217"
    title = "repeated statement"
    message = "a network can have only one `{kind}`"
    label = "second `{kind}`"
    help = "remove one of them"


class MissingStatement(StatementDiagnostic):
    """Checks that a network has an input and a readout."""

    code = "SNN218"
    title = "missing statement"
    message = "the network has no `{kind}`"
    label = "has no `{kind}`"


class OutOfPlace(StatementDiagnostic):
    """Checks the order of statements.

    The input comes before the layers, `defaults` before the first layer, and the
    readout after all layers.
    """

    code = "SNN219"
    title = "misplaced statement"
    message = "`{kind}` is {where}"
    label = "out of place"
    help = "move it {there}"

    where: str
    there: str


class TwoSizes(Diagnostic):
    """Checks that a readout has either `classes` or `units`.

    A readout with `classes` is a classifier, and a readout with `units` is a
    regression. A readout with `filters` is a regression whose outputs form an image.
    """

    code = "SNN220"
    title = "both classes and units"
    message = "`{owner}` has both `classes` and `units`"
    label = "makes the readout a regression"
    help = "keep `classes` for a classifier, or `units` for a regression"

    owner: str


class WrongType(PropertyDiagnostic):
    """Checks that the value of a property has the right type."""

    code = "SNN205"
    title = "value of the wrong type"
    message = "`{key}` must be {expected}, found {found}"
    label = "expected {expected}"
    help = "write{doubt} `{example}`"

    expected: str
    found: str
    example: str

    @property
    def doubt(self) -> str:
        return ", for example," if self.fix is None else ""


class OutOfRange(PropertyDiagnostic):
    """Checks that the value of a property is within its limits."""

    code = "SNN206"
    title = "value out of range"
    message = "`{key}`: {reason}"
    label = "{limit}"

    reason: str
    limit: str


class MissingUnit(PropertyDiagnostic):
    """Checks that times and rates have a unit.

    A number without a unit could mean seconds or milliseconds. Write the unit, as in `1
    ms`, `0.04 s` or `250 Hz`.
    """

    code = "SNN207"
    title = "missing unit"
    message = "`{key}` has no unit"
    label = "expected {units} after this"
    help = "did you mean `{likely}`?"

    units: tuple[str, ...]
    likely: str


class UnknownUnit(UnknownWord):
    """Checks that the word after a number is a unit.

    The units are `s`, `ms`, `us` and `Hz`, spelled exactly like this.
    """

    code = "SNN208"
    title = "unknown unit"
    message = "`{unit}` is not a unit"
    label = "expected {units}"
    otherwise = "write {units}"

    unit: str
    units: tuple[str, ...]


class WrongUnit(PropertyDiagnostic):
    """Checks that times are in a unit of time and rates in Hz."""

    code = "SNN209"
    title = "wrong unit"
    message = "`{key}` is not measured in `{unit}`"
    label = "expected {choices}"
    help = "write, for example, `{key} {example}`"

    unit: str
    units: tuple[str, ...]
    example: str

    @property
    def choices(self) -> str:
        return join_alternatives(self.units) or "no unit"


class UnknownChoice(UnknownWord):
    """Checks that the value of a property is one of the allowed words."""

    code = "SNN210"
    title = "unknown choice"
    message = "`{key}` can't be {found}"
    label = "expected {legal}"
    otherwise = "write {legal}"

    key: str
    found: str
    legal: tuple[str, ...]


class RepeatedClass(Diagnostic):
    """Checks that class names are unique."""

    code = "SNN221"
    title = "repeated class name"
    message = "the class name `{name}` is used twice"
    label = "used again"
    help = "use another name, such as `{name}_2`, or remove this one"

    name: str


class LossNeedsClasses(Diagnostic):
    """Checks that the loss suits the readout.

    `cross_entropy` and `focal` compare outputs with integer labels, and `class_weight
    balanced` counts the labels. All three therefore need a readout with `classes`. A
    readout with `units` outputs values, so its loss is `mse`.
    """

    code = "SNN600"
    title = "loss without classes"
    message = "`{what}` needs classes, but `{readout}` has `units {units}`"
    help = "write `classes {units}` in the readout, or {instead}"

    what: str
    instead: str
    readout: str
    units: int


class NothingTrains(Diagnostic):
    """Checks that at least one phase of `train` trains the weights.

    `smooth` trains as in plain Keras, and `spikes` trains on the network's own spikes.
    `scale` only scales the weights, so that each layer stays within its `rate`.
    """

    code = "SNN601"
    title = "no phase that trains"
    message = "no phase in `phases {phases}` trains the weights"
    label = "`scale` does not train"
    help = "write `phases [smooth, scale, spikes]`"

    phases: str
