"""Rules for the syntax of files."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, PropertyDiagnostic, StatementDiagnostic
from snnc.rules.statements import UnknownWord


class UnexpectedText(Diagnostic):
    """Checks that the parts of a statement are in the right order.

    A statement is written as `KIND [NAME] [SHAPE] [in RANGE [as RANGE]] [from NAME,
    NAME] [{ properties }]`, and a property as `key value`. The message names the part
    that may come next. snnc still checks the other statements in the file.
    """

    code = "SNN100"
    title = "unexpected text"
    message = "expected {expected}, found {found}"
    label = "expected {expected}"

    expected: str
    found: str


class _WrongText(Diagnostic):
    """A ``text`` that is not valid."""

    text: str


class UnexpectedCharacter(_WrongText):
    """Checks for characters that are not part of the language.

    A spec consists of words, numbers, `"strings"`, `{ }`, `[ ]` and commas. Write
    strings in double quotes, and begin comments with `#`.
    """

    code = "SNN101"
    title = "unexpected character"
    message = "`{text}` has no meaning here"
    label = "not part of the language"
    advice = "write strings in double quotes, and begin comments with `#`"


class MalformedNumber(_WrongText):
    """Checks that a word that begins like a number is a valid number.

    Write a space between a number and its unit (`1 ms`), `x` between sizes (`3x3x3`),
    and two dots in a range (`20..250`).
    """

    code = "SNN102"
    title = "malformed number"
    message = "`{text}` is not a number"


class UnterminatedString(Diagnostic):
    r"""Checks that a string ends on its line.

    A string can't span several lines. Write `\n` for a line break in a string.
    """

    code = "SNN103"
    title = "unterminated string"
    message = "the string has no closing quote"
    label = "begins here"
    help = 'close it with `"` on the same line, and write `\\n` for a line break'


class UnknownEscape(_WrongText):
    r"""Checks that a backslash in a string begins a valid escape.

    The valid escapes are `\"`, `\\`, `\n` and `\t`.
    """

    code = "SNN104"
    title = "unknown escape"
    message = "`{text}` is not a valid escape"
    help = 'write `\\\\` for a backslash; the other escapes are `\\"`, `\\n` and `\\t`'


class MissingBrace(Diagnostic):
    """Checks that every block and every list is closed.

    The kinds of statements are reserved words. If such a word begins a line, or is
    where a property key should be, while a brace is open, snnc expects the closing
    brace before that word.
    """

    code = "SNN105"
    title = "missing closing brace"
    message = "`{opener}` is not closed before {before}"
    label = "expected `{closer}`"

    closer: str
    opener: str
    before: str


class MissingOpeningBrace(Diagnostic):
    """Checks that a block of properties begins with an opening brace.

    snnc reports a property after the name of a statement if a later `}` closes a block
    that was never opened. It reads the statement as if the opening brace were there.
    """

    code = "SNN126"
    title = "missing opening brace"
    message = "`{{` is missing after `{before}`"
    label = "expected `{{`"

    before: str


class UnmatchedBrace(Diagnostic):
    """Checks for a closing brace without an opening brace.

    The last brace in a file is the `}` that closes the network.
    """

    code = "SNN106"
    title = "unmatched closing brace"
    message = "`{closer}` has no opening bracket"
    label = "unmatched"
    help = "remove it"

    closer: str


class MissingValue(PropertyDiagnostic):
    """Checks that every property has a value.

    Write a property as `key value` on one line. Switches need a value too, as in
    `batchnorm on`.
    """

    code = "SNN107"
    title = "missing value"
    message = "expected a value for `{key}`"
    label = "has no value"

    example: str = ""

    @property
    def hint(self) -> str:
        if not self.example:
            return "write one after it"
        return f"write, for example, `{self.key} {self.example}`"


class OneLineEach(StatementDiagnostic):
    """Checks that every statement begins on its own line.

    A statement ends at the end of its line, or of the line that closes its block.
    """

    code = "SNN108"
    title = "two statements on one line"
    message = "`{kind}` begins a statement in the middle of a line"
    label = "belongs on a line of its own"


class MissingEdition(Diagnostic):
    """Checks that a file begins with the edition of the language.

    `snn 2` on the first line selects edition 2, so later editions can't change the
    meaning of the file.
    """

    code = "SNN109"
    title = "missing edition"
    message = "the file does not begin with `snn {newest}`"
    label = "expected `snn {newest}`"
    help = "write `snn {newest}` on the first line"

    newest: int


class UnknownEdition(Diagnostic):
    """Checks that this version of snnc supports the edition of a file.

    A newer edition has other defaults, so no fix changes the edition of a spec.
    """

    code = "SNN110"
    title = "unknown edition"
    message = "this version of snnc knows editions 1 to {newest}, not {edition}"
    label = "unknown edition"
    help = "upgrade snnc, or write an edition from 1 to {newest}"

    edition: str
    newest: int


class MissingNetwork(UnknownWord):
    """Checks that `network NAME {` follows the edition."""

    code = "SNN111"
    title = "missing network"
    message = "expected `network NAME {{` after the edition"
    label = "expected `network NAME {{`"
    otherwise = (
        "write `network NAME {{` before the first statement and `}}` after the last"
    )


class TextAfterEnd(Diagnostic):
    """Checks that nothing follows the closing brace of the network."""

    code = "SNN112"
    title = "text after the network"
    message = "the file continues after the network's closing brace"
    label = "not part of the network"
    help = "remove it, or move it before the closing `}}`"


class OverLimit(Diagnostic):
    """More of something than a ``limit``."""

    limit: int


class TooDeep(OverLimit):
    """Checks that blocks are not nested too deeply."""

    code = "SNN113"
    title = "deeply nested blocks"
    message = "blocks are nested more than {limit} levels deep"
    label = "one level too deep"
    help = "remove the inner blocks: a property has at most one block as its value"


class NumberTooLong(OverLimit):
    """Checks that a number does not have too many digits."""

    code = "SNN114"
    title = "long number"
    message = "the number has too many digits"
    label = "at most {limit} digits"


class KeyPunctuation(PropertyDiagnostic):
    """Checks for `=` or `:` between a key and its value.

    In `.snn` files, write a space: `kernel 3`.
    """

    code = "SNN115"
    title = "punctuation after a key"
    message = "`{mark}` is not allowed between `{key}` and its value"
    label = "not needed"
    help = "write {written}"

    mark: str
    written: str


class BlockOnNextLine(Diagnostic):
    """Checks that a block opens on the line of its statement.

    A statement ends at the end of its line, so `{` belongs on the same line.
    """

    code = "SNN116"
    title = "block on the next line"
    message = "the block does not open on its statement's line"
    label = "not on the statement's line"
    help = "move the `{{` to the end of the line above"


class SecondNetwork(Diagnostic):
    """Checks that a file describes only one network."""

    code = "SNN117"
    title = "second network"
    message = "a file can describe only one network"
    label = "a second network begins here"
    help = "move it to a file of its own"


class PropertyOutsideBlock(PropertyDiagnostic):
    """Checks for a property without braces after a statement."""

    code = "SNN118"
    title = "property outside a block"
    message = "the property `{key}` is outside braces"
    label = "a property"
    help = "write `{{ {written} }}`"

    written: str


class NothingHere(Diagnostic):
    """Checks for a file that is empty or contains only comments."""

    code = "SNN119"
    title = "empty file"
    message = "the file does not describe a network"
    help = "begin with `snn 2` and `network NAME {{ ... }}`"


class TooLong(OverLimit):
    """Checks that a file does not have too many words, numbers and punctuation marks.

    The limit makes snnc stop early if a file is not a spec. Even a network with a
    thousand layers is far below the limit.
    """

    code = "SNN121"
    title = "long file"
    message = "the file has at least {limit} words and punctuation marks"
    label = "the rest is not read"
    help = "name a file that contains a spec; a layer takes about 15 words and marks"


class OtherNotation(Diagnostic):
    """Checks that the notation of a file matches the suffix of its name.

    snnc reads files whose names end in `.yaml` or `.yml` as YAML, and all others
    as `.snn`.
    """

    code = "SNN127"
    title = "notation that differs from the file name"
    message = "this looks like {looks}, but the file is read as {read}"
    label = "{looks}"
    help = "give the file a name that ends in `{suffix}`"

    looks: str
    read: str
    suffix: str


class MergeConflict(Diagnostic):
    """Checks for the conflict markers of an unresolved merge.

    A file with conflict markers contains two versions of a spec, and snnc reads
    neither.
    """

    code = "SNN128"
    title = "merge conflict"
    message = "the file has an unresolved merge conflict"
    label = "begins here"
    help = (
        "keep one side, or both, and remove the conflict markers `<<<<<<<`, `=======` "
        "and `>>>>>>>`"
    )


class NotASpec(Diagnostic):
    """Checks for a program or JSON instead of a spec.

    `snnc import` creates a spec from a Keras model. The model is a saved file, or the
    text of `model.to_json()`.
    """

    code = "SNN129"
    title = "program or JSON instead of a spec"
    message = "this looks like {looks}, not like a spec"
    label = "{looks}"
    help = (
        "if it is a Keras model, `snnc import {model}` writes its spec; a new spec "
        "begins with `snn 2`"
    )

    looks: str
    model: str


class TooManyProblems(OverLimit):
    """Stops reading a file that has too many problems."""

    code = "SNN120"
    title = "too many problems"
    message = "more than {limit} problems; the rest of the file is not read"
    help = "fix these problems and run `snnc check` again"
