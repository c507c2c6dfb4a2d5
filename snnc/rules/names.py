"""Words: kinds of statements, properties, names, and the parts of a statement."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


def listed(words: tuple[str, ...]) -> str:
    """Words in backticks, joined by commas and an `or`."""
    quoted = [f"`{word}`" for word in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + " or " + quoted[-1]


def did_you_mean(near: str | None, legal: tuple[str, ...], otherwise: str) -> str:
    """The nearest word as a question, else all that are legal."""
    if near is not None:
        return f"did you mean `{near}`?"
    return otherwise.format(listed(legal))


class UnknownKind(Diagnostic):
    """A statement begins with a word that is no kind of statement.

    About the network: `about`, `target`, `timing`, `defaults`, `neuron`, `input`,
    `readout` and `train`. Layers: `encode`, `conv1d`, `conv2d`, `conv3d`,
    `depthwise1d`, `depthwise2d`, `depthwise3d`, `downsample`, `dense`, `avgpool`,
    `maxpool`, `add` and `concat`. `docs/language.md` says what each takes. Words
    of Keras that have another name here, such as `AveragePooling2D`, are told by that
    name; those that the language leaves out, such as `lstm` or `Flatten`, have a code
    SNN9xx with the reason.
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
    """A statement has no such property.

    Each kind of statement has a closed set of properties, so a misspelt one is an
    error and not a silent default.
    """

    code = "SNN203"
    title = "unknown property"
    message = "`{owner}` has no property `{key}`"
    label = "unknown"
    notes = ("{known}",)
    help = "{hint}"

    owner: str
    key: str
    near: str | None
    legal: tuple[str, ...]
    advice: str = ""

    @property
    def known(self) -> str:
        if not self.legal:
            return f"`{self.owner}` takes no properties"
        return "its properties are " + ", ".join(f"`{key}`" for key in self.legal)

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean `{self.near}`?"
        return self.advice or "remove it"


class RepeatedProperty(Diagnostic):
    """A property is given twice, so one of the two would be ignored."""

    code = "SNN204"
    title = "property given twice"
    message = "`{key}` is given twice"
    label = "given again"
    help = "remove one of them"

    key: str


class MissingProperty(Diagnostic):
    """A statement lacks a property that has no default."""

    code = "SNN211"
    title = "missing property"
    message = "`{owner}` needs {what}"
    label = "expected {what}"
    help = "write, for example, `{example}`"

    owner: str
    what: str
    example: str


class MissingName(Diagnostic):
    """A statement that must have a name has none.

    The input, the readout and layers that spike are named: the names of the
    weight tensors and of the generated variables are made of them.
    """

    code = "SNN212"
    title = "missing name"
    message = "`{kind}` needs a name"
    label = "expected a name after it"
    help = "write, for example, `{kind} {example}`"

    kind: str
    example: str


class InvalidName(Diagnostic):
    """A word can't be a name.

    Names become variables, attributes and file names of the generated code:
    letters a to z, digits and underscores, no digit or underscore first, at most 40
    characters, no keyword of Python, no word of the language. A network's name is that
    of a folder and a package too: no library's, and no device's of Windows.
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
    """Two statements have the same name.

    The input, the layers and the readout share one set of names.
    """

    code = "SNN214"
    title = "name used twice"
    message = "the name `{name}` is used twice"
    label = "used again"
    help = "write another name, such as `{free}`"

    name: str
    free: str


class MissingPart(Diagnostic):
    """A statement lacks a part that stands before its block."""

    code = "SNN215"
    title = "missing part"
    message = "`{owner}` needs {part}"
    label = "expected {part}"
    help = "write, for example, `{example}`"

    owner: str
    part: str
    example: str


class PartNotTaken(Diagnostic):
    """A statement has a part that statements of its kind do not take.

    Only the input has a shape and a range, only layers and the readout read other
    layers, and only `about` has a text: shapes of layers follow from what they read.
    """

    code = "SNN216"
    title = "part that a statement does not take"
    message = "`{owner}` takes no {part}"
    label = "not taken"
    help = "{advice}"

    owner: str
    part: str
    advice: str


class RepeatedStatement(Diagnostic):
    """A statement that a network has once is written twice."""

    code = "SNN217"
    title = "statement written twice"
    message = "a network has one `{kind}`"
    label = "written again"
    help = "remove one of them"

    kind: str


class MissingStatement(Diagnostic):
    """A network lacks its input or its readout."""

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
            return f"write `{self.example}` in place of `{self.instead_of}`"
        return f"write, for example, `{self.example}`"


class OutOfPlace(Diagnostic):
    """A statement stands where it can't: after what depends on it.

    The input stands before the layers, `defaults` before the first layer, and the
    readout after all layers.
    """

    code = "SNN219"
    title = "statement out of place"
    message = "`{kind}` stands {where}"
    label = "out of place"
    help = "move it {there}"

    kind: str
    where: str
    there: str


class TwoSizes(Diagnostic):
    """A readout has both `classes` and `units`.

    `classes` makes it a classifier, `units` a regression.
    """

    code = "SNN220"
    title = "classes and units"
    message = "`{owner}` has both `classes` and `units`"
    label = "a regression"
    help = "keep `classes` to classify, `units` for a regression"

    owner: str
