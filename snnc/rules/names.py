"""Rules for words: kinds of statements, properties, names and parts."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
from snnc.language.fields import keys_of
from snnc.language.layers import SpikingSpec


def join_alternatives(words: tuple[str, ...]) -> str:
    """Join words in backticks with commas and an `or`."""
    quoted = [f"`{word}`" for word in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + " or " + quoted[-1]


def did_you_mean(near: str | None, legal: tuple[str, ...], otherwise: str) -> str:
    """Suggest the nearest word, or list all legal words."""
    if near is not None:
        return f"did you mean `{near}`?"
    return otherwise.format(join_alternatives(legal))


class UnknownKind(Diagnostic):
    """Checks that a statement begins with a kind of statement.

    About the network: `about`, `target`, `timing`, `defaults`, `neuron`, `input`,
    `readout` and `train`. Layers: `encode`, `conv1d`, `conv2d`, `conv3d`,
    `conv2d_transpose`, `depthwise1d`, `depthwise2d`, `depthwise3d`, `downsample`,
    `dense`, `avgpool`, `maxpool`, `add` and `concat`. `docs/language.md` lists
    their properties. If a Keras word such as `AveragePooling2D` has another name in
    snnc, the help names it. Unsupported words, such as `lstm` or `Flatten`, have codes
    SNN9xx, which explain the reason.
    """

    code = "SNN200"
    title = "unknown statement"
    message = "there is no statement `{word}`"
    label = "unknown"
    help = "{hint}"

    word: str
    near: str | None
    known: tuple[str, ...]
    begins: str = "a statement begins with"
    advice: str = ""

    @property
    def hint(self) -> str:
        if self.advice:
            return self.advice
        return did_you_mean(self.near, self.known, self.begins + " {}")


class UnknownProperty(Diagnostic):
    """Checks that a statement contains only properties of its kind.

    A misspelt property is an error. Otherwise, snnc would silently use the default.
    """

    code = "SNN203"
    title = "unknown property"
    message = "`{owner}` has no property `{key}`"
    label = "unknown"
    notes = ("{known_properties}",)
    help = "{hint}"

    owner: str
    key: str
    near: str | None
    legal: tuple[str, ...]
    advice: str = ""

    @property
    def known_properties(self) -> str:
        """The properties to list, those of the owner first; may be empty."""
        if self.near is not None or self.advice:
            return ""
        if not self.legal:
            return f"`{self.owner}` takes no properties"
        shared = keys_of(SpikingSpec)
        keys = sorted(self.legal, key=lambda key: key in shared)
        return "its properties are " + ", ".join(f"`{key}`" for key in keys)

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean `{self.near}`?"
        return self.advice or "remove it"


class RepeatedProperty(Diagnostic):
    """Checks that no property is given twice, because one value would be ignored."""

    code = "SNN204"
    title = "repeated property"
    message = "`{key}` is given twice"
    label = "given again"
    help = "remove one of them"

    key: str


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


class MissingName(Diagnostic):
    """Checks that statements have a name if they need one.

    The input, the readout and spiking layers have names. The names of weight tensors
    and generated variables are based on these.
    """

    code = "SNN212"
    title = "missing name"
    message = "`{kind}` needs a name"
    label = "expected a name after it"
    help = "write, for example, `{kind} {example}`"

    kind: str
    example: str


class InvalidName(Diagnostic):
    """Checks that a name is valid.

    Names become variables, attributes and file names in the generated code. A name
    begins with a letter, and consists of at most 40 letters a to z, digits and
    underscores. It can't be a Python keyword or a word of the language. The name of a
    network is also the name of a folder and a package. It can't be the name of a
    library or of a Windows device.
    """

    code = "SNN213"
    title = "invalid name"
    message = "`{name}` can't be a name"
    label = "{reason}"
    help = "write another name, such as `{example}`"

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
    help = "write another name, such as `{free}`"

    name: str
    free: str


class MissingPart(Diagnostic):
    """Checks that a statement has the required parts before its block."""

    code = "SNN215"
    title = "missing part"
    message = "`{owner}` needs {part}"
    label = "expected {part}"
    help = "write, for example, `{example}`"

    owner: str
    part: str
    example: str


class PartNotTaken(Diagnostic):
    """Checks that a statement contains only the parts allowed for its kind.

    Only the input has a shape and a range, only layers and the readout have `from`, and
    only `about` has a text. The shape of a layer follows from its input.
    """

    code = "SNN216"
    title = "part that the statement lacks"
    message = "`{owner}` takes no {part}"
    label = "not supported here"
    help = "{advice}"

    owner: str
    part: str
    advice: str


class RepeatedStatement(Diagnostic):
    """Checks that statements such as `timing` occur only once."""

    code = "SNN217"
    title = "repeated statement"
    message = "a network has only one `{kind}`"
    label = "second one"
    help = "remove one of them"

    kind: str


class MissingStatement(Diagnostic):
    """Checks that a network has an input and a readout."""

    code = "SNN218"
    title = "missing statement"
    message = "the network has no `{kind}`"
    label = "has no `{kind}`"
    help = "{hint}"

    kind: str
    example: str
    instead_of: str = ""

    @property
    def hint(self) -> str:
        if self.instead_of:
            return f"write `{self.example}` instead of `{self.instead_of}`"
        return f"write, for example, `{self.example}`"


class OutOfPlace(Diagnostic):
    """Checks the order of statements.

    The input comes before the layers, `defaults` before the first layer, and the
    readout after all layers.
    """

    code = "SNN219"
    title = "misplaced statement"
    message = "`{kind}` is {where}"
    label = "out of place"
    help = "move it {there}"

    kind: str
    where: str
    there: str


class TwoSizes(Diagnostic):
    """Checks that a readout has either `classes` or `units`.

    With `classes`, the network is a classifier; with `units`, it is a regression. With
    `filters`, it is a regression whose units are the values of an image.
    """

    code = "SNN220"
    title = "both classes and units"
    message = "`{owner}` has both `classes` and `units`"
    label = "a regression"
    help = "keep `classes` to classify, `units` for a regression"

    owner: str
