"""Words: kinds of statements, properties, names, and the parts of a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownKind(Diagnostic):
    """A statement begins with a word that is no kind of statement."""

    code: ClassVar[str] = "SNN200"
    title: ClassVar[str] = "unknown statement"
    message: ClassVar[str] = "there is no statement `{word}`"
    label: ClassVar[str] = "unknown"
    help: ClassVar[str] = "{hint}"

    word: str
    near: str | None
    known: tuple[str, ...]

    @property
    def hint(self) -> str:
        return did_you_mean(self.near, self.known, "a statement begins with {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownVariant(Diagnostic):
    """The second word of a statement names no variant of it.

    `target` is `loihi` or `nengo`, `encode` is `conv` or `rate`, `neuron` is `relu`
    or `lif`, and `defaults` may name one kind of layer.
    """

    code: ClassVar[str] = "SNN201"
    title: ClassVar[str] = "unknown variant"
    message: ClassVar[str] = "there is no `{kind} {word}`"
    label: ClassVar[str] = "unknown"
    help: ClassVar[str] = "{hint}"

    kind: str
    word: str
    near: str | None
    known: tuple[str, ...]

    @property
    def hint(self) -> str:
        return did_you_mean(self.near, self.known, f"write `{self.kind}` and {{}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingVariant(Diagnostic):
    """A statement lacks the word that says which variant of it is meant."""

    code: ClassVar[str] = "SNN202"
    title: ClassVar[str] = "missing variant"
    message: ClassVar[str] = "`{kind}` does not say which"
    label: ClassVar[str] = "expected {choices} behind it"

    kind: str
    known: tuple[str, ...]

    @property
    def choices(self) -> str:
        return listed(self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownProperty(Diagnostic):
    """A statement has no such property.

    Each kind of statement has a closed set of properties, so a misspelt one is an
    error and not a silent default.
    """

    code: ClassVar[str] = "SNN203"
    title: ClassVar[str] = "unknown property"
    message: ClassVar[str] = "`{owner}` has no property `{key}`"
    label: ClassVar[str] = "unknown"
    notes: ClassVar[tuple[str, ...]] = ("{known}",)
    help: ClassVar[str] = "{hint}"

    owner: str
    key: str
    near: str | None
    legal: tuple[str, ...]

    @property
    def known(self) -> str:
        if not self.legal:
            return f"`{self.owner}` takes no properties"
        return "its properties are " + ", ".join(f"`{key}`" for key in self.legal)

    @property
    def hint(self) -> str:
        return "remove it" if self.near is None else f"did you mean `{self.near}`?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedProperty(Diagnostic):
    """A property is given twice, so one of the two would be ignored."""

    code: ClassVar[str] = "SNN204"
    title: ClassVar[str] = "property given twice"
    message: ClassVar[str] = "`{key}` is given twice"
    label: ClassVar[str] = "given again"
    help: ClassVar[str] = "remove one of them"

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingProperty(Diagnostic):
    """A statement lacks a property that has no default."""

    code: ClassVar[str] = "SNN211"
    title: ClassVar[str] = "missing property"
    message: ClassVar[str] = "`{owner}` needs {what}"
    label: ClassVar[str] = "expected {what}"
    help: ClassVar[str] = "write, for example, `{example}`"

    owner: str
    what: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingName(Diagnostic):
    """A statement that must have a name has none.

    The input, the readout and layers with weights are named: the names of the
    weight tensors and of the generated variables are made of them.
    """

    code: ClassVar[str] = "SNN212"
    title: ClassVar[str] = "missing name"
    message: ClassVar[str] = "`{kind}` needs a name"
    label: ClassVar[str] = "expected a name behind it"
    help: ClassVar[str] = "write, for example, `{kind} {example}`"

    kind: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidName(Diagnostic):
    """A word can't be a name.

    Names become variables, attributes and file names of the generated code:
    letters a to z, digits and underscores, no digit first, at most 64 characters,
    no keyword of Python, no leading double underscore, no word of the language.
    """

    code: ClassVar[str] = "SNN213"
    title: ClassVar[str] = "invalid name"
    message: ClassVar[str] = "`{name}` can't be a name"
    label: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "write another name, such as `{example}`"

    name: str
    reason: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedName(Diagnostic):
    """Two statements have the same name.

    The input, the layers and the readout share one set of names.
    """

    code: ClassVar[str] = "SNN214"
    title: ClassVar[str] = "name used twice"
    message: ClassVar[str] = "the name `{name}` is used twice"
    label: ClassVar[str] = "used again"
    help: ClassVar[str] = "write another name, such as `{free}`"

    name: str
    free: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPart(Diagnostic):
    """A statement lacks a part that stands in front of its block."""

    code: ClassVar[str] = "SNN215"
    title: ClassVar[str] = "missing part"
    message: ClassVar[str] = "`{owner}` needs {part}"
    label: ClassVar[str] = "expected {part}"
    help: ClassVar[str] = "write, for example, `{example}`"

    owner: str
    part: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartNotTaken(Diagnostic):
    """A statement has a part that statements of its kind do not take.

    Only the input has a shape and a range, only layers and the readout read other
    layers, and only `about` has a text: shapes of layers follow from what they read.
    """

    code: ClassVar[str] = "SNN216"
    title: ClassVar[str] = "part that a statement does not take"
    message: ClassVar[str] = "`{owner}` takes no {part}"
    label: ClassVar[str] = "not taken"
    help: ClassVar[str] = "{advice}"

    owner: str
    part: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedStatement(Diagnostic):
    """A statement that a network has once is written twice."""

    code: ClassVar[str] = "SNN217"
    title: ClassVar[str] = "statement written twice"
    message: ClassVar[str] = "a network has one `{kind}`"
    label: ClassVar[str] = "written again"
    help: ClassVar[str] = "remove one of them"

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingStatement(Diagnostic):
    """A network lacks its input or its readout."""

    code: ClassVar[str] = "SNN218"
    title: ClassVar[str] = "missing statement"
    message: ClassVar[str] = "the network has no `{kind}`"
    label: ClassVar[str] = "has no `{kind}`"
    help: ClassVar[str] = "write, for example, `{example}`"

    kind: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfPlace(Diagnostic):
    """A statement stands where it can't: behind what depends on it.

    The input stands before the layers, `defaults` before the first layer, and the
    readout behind all layers.
    """

    code: ClassVar[str] = "SNN219"
    title: ClassVar[str] = "statement out of place"
    message: ClassVar[str] = "`{kind}` stands {where}"
    label: ClassVar[str] = "out of place"
    help: ClassVar[str] = "move it {there}"

    kind: str
    where: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSizes(Diagnostic):
    """A readout has both `classes` and `units`.

    `classes` makes it a classifier, `units` a regression.
    """

    code: ClassVar[str] = "SNN220"
    title: ClassVar[str] = "classes and units"
    message: ClassVar[str] = "`{owner}` has both `classes` and `units`"
    label: ClassVar[str] = "a regression"
    help: ClassVar[str] = "keep `classes` to classify, `units` for a regression"

    owner: str
