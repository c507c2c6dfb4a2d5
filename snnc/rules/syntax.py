"""How a file is written: braces, lines, numerals, strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedText(Diagnostic):
    """Something stands where something else must stand.

    A statement is `KIND [NAME] [SHAPE] [in RANGE [as RANGE]] [from NAME, NAME]
    [{ properties }]`, and a property is `key value`. The message says which part
    could come next. The other statements of the file are read all the same.
    """

    code: ClassVar[str] = "SNN100"
    title: ClassVar[str] = "unexpected text"
    message: ClassVar[str] = "expected {expected}, found {found}"
    label: ClassVar[str] = "expected {expected}"

    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedCharacter(Diagnostic):
    """A character has no meaning in the language.

    Words, numbers, `"strings"`, `{ }`, `[ ]` and commas are all there is. Strings
    stand in double quotes, comments begin with `#`.
    """

    code: ClassVar[str] = "SNN101"
    title: ClassVar[str] = "unexpected character"
    message: ClassVar[str] = "`{text}` has no meaning here"
    label: ClassVar[str] = "not part of the language"
    help: ClassVar[str] = 'strings are written "..." and comments begin with `#`'

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedNumber(Diagnostic):
    """A word begins like a number, but is none.

    A unit stands apart from its number (`5 ms`), dims are joined by `x` without
    spaces (`3x3x3`), a range by two dots (`20..150`).
    """

    code: ClassVar[str] = "SNN102"
    title: ClassVar[str] = "malformed number"
    message: ClassVar[str] = "`{text}` is not a number"
    help: ClassVar[str] = "{advice}"

    text: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnterminatedString(Diagnostic):
    r"""A string has no closing quote on its line.

    Strings do not span lines; `\n` in a string is a line end.
    """

    code: ClassVar[str] = "SNN103"
    title: ClassVar[str] = "unterminated string"
    message: ClassVar[str] = "the string has no closing quote"
    label: ClassVar[str] = "begins here"
    help: ClassVar[str] = 'end it with `"` on the same line'


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEscape(Diagnostic):
    r"""A backslash in a string is followed by a character that it can't escape.

    There are four escapes: `\"`, `\\`, `\n` and `\t`.
    """

    code: ClassVar[str] = "SNN104"
    title: ClassVar[str] = "unknown escape"
    message: ClassVar[str] = "`{text}` is no escape"
    help: ClassVar[str] = 'write `\\\\` for a backslash; others are `\\"`, `\\n`, `\\t`'

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingBrace(Diagnostic):
    """A block or a list is not closed.

    Kinds of statements are reserved words, so where one begins a line (or stands
    in place of a property's key) while braces are open, the closing one is missing
    before it.
    """

    code: ClassVar[str] = "SNN105"
    title: ClassVar[str] = "missing closing brace"
    message: ClassVar[str] = "`{opener}` is not closed before {before}"
    label: ClassVar[str] = "expected `{closer}`"

    closer: str
    opener: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedBrace(Diagnostic):
    """A closing brace closes nothing: there is one too many.

    The network's own `}` is the last one of the file.
    """

    code: ClassVar[str] = "SNN106"
    title: ClassVar[str] = "unmatched closing brace"
    message: ClassVar[str] = "`{closer}` closes nothing"
    label: ClassVar[str] = "one too many"
    help: ClassVar[str] = "remove it"

    closer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue(Diagnostic):
    """A property has a key but no value.

    A property is `key value`, both on one line. Switches have values too:
    `batchnorm on`.
    """

    code: ClassVar[str] = "SNN107"
    title: ClassVar[str] = "missing value"
    message: ClassVar[str] = "expected a value for `{key}`"
    label: ClassVar[str] = "has no value"

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneLineEach(Diagnostic):
    """Two statements share a line.

    A statement ends with its line, or with the line that closes its block.
    """

    code: ClassVar[str] = "SNN108"
    title: ClassVar[str] = "two statements on a line"
    message: ClassVar[str] = "`{kind}` begins a statement in the middle of a line"
    label: ClassVar[str] = "belongs on a line of its own"

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingEdition(Diagnostic):
    """A file does not begin with the edition of the language.

    `snn 1` on the first line keeps a file's meaning fixed, whatever later editions
    change.
    """

    code: ClassVar[str] = "SNN109"
    title: ClassVar[str] = "missing edition"
    message: ClassVar[str] = "the file does not begin with `snn {latest}`"
    label: ClassVar[str] = "expected `snn {latest}`"

    latest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEdition(Diagnostic):
    """A file asks for an edition of the language that this snnc does not know."""

    code: ClassVar[str] = "SNN110"
    title: ClassVar[str] = "unknown edition"
    message: ClassVar[str] = "there is no edition {edition} of the language"
    label: ClassVar[str] = "this snnc knows edition {latest}"
    help: ClassVar[str] = "write `snn {latest}`, or install a newer snnc"

    edition: str
    latest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingNetwork(Diagnostic):
    """No `network NAME {` follows the edition."""

    code: ClassVar[str] = "SNN111"
    title: ClassVar[str] = "missing network"
    message: ClassVar[str] = "expected `network NAME {{` behind the edition"
    label: ClassVar[str] = "expected `network NAME {{`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAfterEnd(Diagnostic):
    """Something follows the network's closing brace."""

    code: ClassVar[str] = "SNN112"
    title: ClassVar[str] = "text after the network"
    message: ClassVar[str] = "the file goes on after the network's closing brace"
    label: ClassVar[str] = "not part of the network"
    help: ClassVar[str] = "remove it, or move it in front of the closing `}}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooDeep(Diagnostic):
    """Braces are nested deeper than any spec needs."""

    code: ClassVar[str] = "SNN113"
    title: ClassVar[str] = "nested too deep"
    message: ClassVar[str] = "blocks are nested more than {limit} deep"
    label: ClassVar[str] = "one too deep"

    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTooLong(Diagnostic):
    """A number is too large to mean anything in a spec."""

    code: ClassVar[str] = "SNN114"
    title: ClassVar[str] = "number too long"
    message: ClassVar[str] = "the number is too large"
    label: ClassVar[str] = "at most {limit} digits"

    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPunctuation(Diagnostic):
    """A key and its value are joined by `=` or `:`.

    In `.snn` files a space is enough: `kernel 3`.
    """

    code: ClassVar[str] = "SNN115"
    title: ClassVar[str] = "punctuation behind a key"
    message: ClassVar[str] = "`{mark}` between `{key}` and its value"
    label: ClassVar[str] = "not needed"
    help: ClassVar[str] = "write `{key}`, a space, and the value"

    mark: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOnNextLine(Diagnostic):
    """A block opens on the line behind its statement.

    A statement ends with its line, so its `{` stands on the same line.
    """

    code: ClassVar[str] = "SNN116"
    title: ClassVar[str] = "block on the next line"
    message: ClassVar[str] = "the block does not open on its statement's line"
    label: ClassVar[str] = "move it to the end of the line above"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondNetwork(Diagnostic):
    """A file describes more than one network."""

    code: ClassVar[str] = "SNN117"
    title: ClassVar[str] = "second network"
    message: ClassVar[str] = "a file describes one network"
    label: ClassVar[str] = "a second one begins here"
    help: ClassVar[str] = "move it to a file of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyOutsideBlock(Diagnostic):
    """A property stands behind a statement without braces."""

    code: ClassVar[str] = "SNN118"
    title: ClassVar[str] = "property outside a block"
    message: ClassVar[str] = "the property `{key}` stands outside braces"
    label: ClassVar[str] = "a property"
    help: ClassVar[str] = "write the statement's properties as `{{ {key} ... }}`"

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingHere(Diagnostic):
    """A file is empty, or holds nothing but comments."""

    code: ClassVar[str] = "SNN119"
    title: ClassVar[str] = "empty file"
    message: ClassVar[str] = "the file describes no network"
    help: ClassVar[str] = "begin with `snn 1` and `network NAME {{ ... }}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyProblems(Diagnostic):
    """So much can't be read that the rest of the file is left unread."""

    code: ClassVar[str] = "SNN120"
    title: ClassVar[str] = "too many problems"
    message: ClassVar[str] = "more than {limit} problems; the rest is not read"

    limit: int
