"""How a file is written: braces, lines, numerals, strings."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class UnexpectedText(Diagnostic):
    """Something stands where something else must stand.

    A statement is `KIND [NAME] [SHAPE] [in RANGE [as RANGE]] [from NAME, NAME]
    [{ properties }]`, and a property is `key value`. The message says which part
    could come next. The other statements of the file are read all the same.
    """

    code = "SNN100"
    title = "unexpected text"
    message = "expected {expected}, found {found}"
    label = "expected {expected}"
    help = "{advice}"

    expected: str
    found: str
    advice: str = ""


class UnexpectedCharacter(Diagnostic):
    """A character has no meaning in the language.

    Words, numbers, `"strings"`, `{ }`, `[ ]` and commas are all there is. Strings
    stand in double quotes, comments begin with `#`.
    """

    code = "SNN101"
    title = "unexpected character"
    message = "`{text}` has no meaning here"
    label = "not part of the language"
    help = "{advice}"

    text: str
    advice: str = 'strings are written "..." and comments begin with `#`'


class MalformedNumber(Diagnostic):
    """A word begins like a number, but is none.

    A unit stands apart from its number (`5 ms`), dims are joined by `x` without
    spaces (`3x3x3`), a range by two dots (`20..150`).
    """

    code = "SNN102"
    title = "malformed number"
    message = "`{text}` is not a number"
    help = "{advice}"

    text: str
    advice: str


class UnterminatedString(Diagnostic):
    r"""A string has no closing quote on its line.

    Strings do not span lines; `\n` in a string is a line end.
    """

    code = "SNN103"
    title = "unterminated string"
    message = "the string has no closing quote"
    label = "begins here"
    help = 'end it with `"` on the same line; a line end in it is written `\\n`'


class UnknownEscape(Diagnostic):
    r"""A backslash in a string is followed by a character that it can't escape.

    There are four escapes: `\"`, `\\`, `\n` and `\t`.
    """

    code = "SNN104"
    title = "unknown escape"
    message = "`{text}` is no escape"
    help = 'write `\\\\` for a backslash; others are `\\"`, `\\n`, `\\t`'

    text: str


class MissingBrace(Diagnostic):
    """A block or a list is not closed.

    Kinds of statements are reserved words, so where one begins a line (or stands
    in place of a property's key) while braces are open, the closing one is missing
    before it.
    """

    code = "SNN105"
    title = "missing closing brace"
    message = "`{opener}` is not closed before {before}"
    label = "expected `{closer}`"

    closer: str
    opener: str
    before: str


class MissingOpeningBrace(Diagnostic):
    """The properties of a statement stand without the brace that opens them.

    A property follows the statement's name, and a `}` closes the block that no `{`
    has opened. The statement is read as if the brace were there.
    """

    code = "SNN126"
    title = "missing opening brace"
    message = "`{{` is missing after `{before}`"
    label = "expected `{{`"

    before: str


class UnmatchedBrace(Diagnostic):
    """A closing brace closes nothing: there is one too many.

    The network's own `}` is the last one of the file.
    """

    code = "SNN106"
    title = "unmatched closing brace"
    message = "`{closer}` closes nothing"
    label = "one too many"
    help = "remove it"

    closer: str


class MissingValue(Diagnostic):
    """A property has a key but no value.

    A property is `key value`, both on one line. Switches have values too:
    `batchnorm on`.
    """

    code = "SNN107"
    title = "missing value"
    message = "expected a value for `{key}`"
    label = "has no value"
    help = "{hint}"

    key: str
    example: str = ""

    @property
    def hint(self) -> str:
        example = f"{self.key} {self.example}" if self.example else ""
        return f"write, for example, `{example}`" if example else "write one after it"


class OneLineEach(Diagnostic):
    """Two statements share a line.

    A statement ends with its line, or with the line that closes its block.
    """

    code = "SNN108"
    title = "two statements on a line"
    message = "`{kind}` begins a statement in the middle of a line"
    label = "belongs on a line of its own"

    kind: str


class MissingEdition(Diagnostic):
    """A file does not begin with the edition of the language.

    `snn 1` on the first line keeps a file's meaning fixed, whatever later editions
    change.
    """

    code = "SNN109"
    title = "missing edition"
    message = "the file does not begin with `snn {latest}`"
    label = "expected `snn {latest}`"
    help = "write `snn {latest}` on the first line"

    latest: int


class UnknownEdition(Diagnostic):
    """A file asks for an edition of the language that this snnc does not know."""

    code = "SNN110"
    title = "unknown edition"
    message = "there is no edition {edition} of the language"
    label = "this snnc knows edition {latest}"
    help = "write `snn {latest}`, or install a newer snnc"

    edition: str
    latest: int


class MissingNetwork(Diagnostic):
    """No `network NAME {` follows the edition."""

    code = "SNN111"
    title = "missing network"
    message = "expected `network NAME {{` after the edition"
    label = "expected `network NAME {{`"
    help = "{hint}"

    near: str | None = None

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean `{self.near}`?"
        return "write `network NAME {` before the first statement, `}` after the last"


class TextAfterEnd(Diagnostic):
    """Something follows the network's closing brace."""

    code = "SNN112"
    title = "text after the network"
    message = "the file goes on after the network's closing brace"
    label = "not part of the network"
    help = "remove it, or move it before the closing `}}`"


class TooDeep(Diagnostic):
    """Braces are nested deeper than any spec needs."""

    code = "SNN113"
    title = "nested too deep"
    message = "blocks are nested more than {limit} deep"
    label = "one too deep"
    help = "remove the inner blocks: a property has at most one block as its value"

    limit: int


class NumberTooLong(Diagnostic):
    """A number is too large to mean anything in a spec."""

    code = "SNN114"
    title = "number too long"
    message = "the number is too large"
    label = "at most {limit} digits"
    help = "write a smaller number"

    limit: int


class KeyPunctuation(Diagnostic):
    """A `=` or `:` stands between a key and its value.

    In `.snn` files a space joins them: `kernel 3`.
    """

    code = "SNN115"
    title = "punctuation after a key"
    message = "`{mark}` stands between `{key}` and its value"
    label = "not needed"
    help = "write `{key}`, a space, and the value"

    mark: str
    key: str


class BlockOnNextLine(Diagnostic):
    """A block opens on the line after its statement.

    A statement ends with its line, so its `{` stands on the same line.
    """

    code = "SNN116"
    title = "block on the next line"
    message = "the block does not open on its statement's line"
    label = "not on the statement's line"
    help = "move the `{{` to the end of the line above"


class SecondNetwork(Diagnostic):
    """A file describes more than one network."""

    code = "SNN117"
    title = "second network"
    message = "a file describes one network"
    label = "a second one begins here"
    help = "move it to a file of its own"


class PropertyOutsideBlock(Diagnostic):
    """A property stands after a statement without braces."""

    code = "SNN118"
    title = "property outside a block"
    message = "the property `{key}` stands outside braces"
    label = "a property"
    help = "write `{{ {given} }}`"

    key: str
    given: str


class NothingHere(Diagnostic):
    """A file is empty, or holds nothing but comments."""

    code = "SNN119"
    title = "empty file"
    message = "the file describes no network"
    help = "begin with `snn 1` and `network NAME {{ ... }}`"


class TooLong(Diagnostic):
    """A file has more words, numbers and marks than any spec needs.

    The limit keeps a run on a file that is no spec short; it is far above a network
    of a thousand layers.
    """

    code = "SNN121"
    title = "too long"
    message = "the file has {limit} words and marks or more"
    label = "the rest is not read"
    help = "name a file that holds a spec: a layer takes about 15 words and marks"

    limit: int


class OtherNotation(Diagnostic):
    """The text of a file is not in the notation that its name tells.

    Files whose names end in `.yaml` or `.yml` are read as YAML, all others as `.snn`.
    """

    code = "SNN127"
    title = "another notation"
    message = "this looks like {looks}, but the file is read as {read}"
    label = "{looks}"
    help = "give the file a name that ends in `{suffix}`"

    looks: str
    read: str
    suffix: str


class MergeConflict(Diagnostic):
    """A merge has left both sides of a conflict in the file, between its marks.

    As long as they are there, the file holds two specs, and neither is read.
    """

    code = "SNN128"
    title = "merge conflict"
    message = "a merge has left a conflict in the file"
    label = "begins here"
    help = (
        "keep one side, or both, and remove the lines of `<<<<<<<`, `=======` and"
        " `>>>>>>>`"
    )


class NotASpec(Diagnostic):
    """A file is a program or JSON, not a spec.

    A model of Keras becomes a spec with `snnc import`, which reads a saved model, the
    text of `model.to_json()`, or calls a function that makes one.
    """

    code = "SNN129"
    title = "no spec"
    message = "this looks like {looks}, not like a spec"
    label = "{looks}"
    help = (
        "if it is a Keras model, `snnc import {model}` writes the spec of it; a new"
        " spec begins with `snn 1`"
    )

    looks: str
    model: str


class TooManyProblems(Diagnostic):
    """So much can't be read that the rest of the file is left unread."""

    code = "SNN120"
    title = "too many problems"
    message = "more than {limit} problems; the rest is not read"
    help = "mend the first ones and run `snnc check` again"

    limit: int
