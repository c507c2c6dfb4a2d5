"""How a YAML spec is written: what of YAML the language takes, and what not."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class NotYaml(Diagnostic):
    """The file can't be read as YAML.

    YAML nests by indentation: two blanks a level, never tabs. `key: value` needs a
    blank behind the colon, and every `{` and `[` its closing bracket. What stands
    behind such a place can't be read, so it is not checked.
    """

    code = "SNN130"
    title = "not YAML"
    message = "this is not YAML: {problem}"
    label = "can't be read"
    help = "{advice}"

    problem: str
    advice: str = ""


class Reference(Diagnostic):
    """An anchor (`&a`), an alias (`*a`) or a merge (`<<`) is used.

    A spec says things where they are read, so that a line can be understood and
    reviewed by itself. What several layers share stands under `defaults`.
    """

    code = "SNN131"
    title = "anchor or alias"
    message = "anchors, aliases and merges are not part of the language"
    label = "not taken"
    help = "write the value itself, or use `defaults`"


class Tag(Diagnostic):
    """A value has a YAML tag such as `!!str`.

    Each key of the language knows the type of its value, so tags would either
    repeat or contradict it.
    """

    code = "SNN132"
    title = "YAML tag"
    message = "tags are not part of the language"
    label = "not taken"
    help = "remove the tag"


class SeveralDocuments(Diagnostic):
    """The file holds more than one YAML document; a file describes one network."""

    code = "SNN133"
    title = "several YAML documents"
    message = "a file describes one network"
    label = "a second document begins here"
    help = "move it to a file of its own"


class RepeatedKey(Diagnostic):
    """A key stands twice in a mapping, so one of the two would be ignored."""

    code = "SNN134"
    title = "key given twice"
    message = "the key `{key}` is given twice"
    label = "given again"
    help = "remove one of them"

    key: str


class WrongForm(Diagnostic):
    """A mapping, a list or a single value stands where another of them must.

    Statements are mappings of their properties (`timing: {{dt: 1 ms}}`), `layers`
    is a list of statements, and names are single values.
    """

    code = "SNN135"
    title = "wrong form of value"
    message = "expected {expected}, found {found}"
    label = "expected {expected}"
    help = "{advice}"

    expected: str
    found: str
    advice: str = ""


class MissingKey(Diagnostic):
    """A YAML spec lacks one of the keys that every spec has.

    `snn: 1` keeps a file's meaning fixed, whatever later editions of the language
    change, and `network` names the generated package.
    """

    code = "SNN136"
    title = "missing key"
    message = "the file has no key `{key}`"
    label = "expected `{example}`"
    help = "write `{example}` on a line of its own"

    key: str
    example: str


class MisplacedKey(Diagnostic):
    """A layer stands outside `layers`, or something else in it.

    The layers of a network are the items of the list `layers`, in order; all other
    statements are keys of the file. An encoder may be either.
    """

    code = "SNN137"
    title = "key out of place"
    message = "`{key}` stands {where}"
    label = "move it {there}"

    key: str
    where: str
    there: str


class SeveralKeys(Diagnostic):
    """A mapping that names one thing has more than one key.

    An item of `layers` is one key, the layer's kind, with its properties below it:
    they are indented further than the kind. The same holds for a choice such as
    `adam`.
    """

    code = "SNN138"
    title = "more than one key"
    message = "`{first}` stands beside `{key}` where one key is expected"
    label = "a second key"
    help = "{hint}"

    first: str
    key: str
    advice: str = ""

    @property
    def hint(self) -> str:
        return (
            self.advice or f"if it is a property of `{self.first}`, indent it further"
        )


class TooMuch(Diagnostic):
    """The file, or a value of it, is larger than any spec needs."""

    code = "SNN139"
    title = "too much YAML"
    message = "there are more than {limit} {what}"

    limit: int
    what: str


class NotInComment(Diagnostic):
    """A comment of a ``.snn`` file has a character that YAML's comments can't hold.

    YAML has no control characters, and ends a line, and the comment with it, at some
    that ``.snn`` reads as part of the line. Only `snnc convert` reports it.
    """

    code = "SNN145"
    title = "character that YAML can't hold"
    message = "a comment of YAML can't hold the character {code_point}"
    label = "in a comment"
    help = "remove it from the comment, and convert the file again"

    code_point: str
