"""Rules for YAML specs: their keys, and the parts of YAML that specs don't use."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, PropertyDiagnostic
from snnc.rules.statements import RepeatedProperty
from snnc.rules.syntax import OverLimit, SecondNetwork, UnexpectedText


class NotYaml(Diagnostic):
    """Checks that a file is valid YAML.

    Indent with two spaces per level, never with tabs. `key: value` needs a space after
    the colon, and every `{` and `[` needs a closing bracket. snnc does not check the
    text after the first problem.
    """

    code = "SNN130"
    title = "invalid YAML"
    message = "this is not valid YAML: {problem}"
    label = "can't be read"

    problem: str


class Reference(Diagnostic):
    """Checks for anchors (`&a`), aliases (`*a`) and merges (`<<`).

    The language has none of these, so that you can review each line of a spec on its
    own. Put properties that several layers share into `defaults`.
    """

    code = "SNN131"
    title = "anchor or alias"
    message = "anchors, aliases and merges are not part of the language"
    label = "not supported"
    help = "write the value itself, or use `defaults`"


class Tag(Diagnostic):
    """Checks for YAML tags such as `!!str`.

    The language defines the type of each value. A tag would either repeat or contradict
    that type.
    """

    code = "SNN132"
    title = "YAML tag"
    message = "tags are not part of the language"
    label = "not supported"
    help = "remove the tag"


class SeveralDocuments(SecondNetwork):
    """Checks that a file contains one YAML document, which describes one network."""

    code = "SNN133"
    title = "several YAML documents"
    label = "a second document begins here"


class RepeatedKey(RepeatedProperty):
    """Checks that no key occurs twice in a mapping, since one would be ignored."""

    code = "SNN134"
    title = "repeated key"
    message = "the key `{key}` is given twice"


class WrongForm(UnexpectedText):
    """Checks for a mapping, a list or a single value where another form is expected.

    Write a statement as a mapping of its properties (`timing: {dt: 1 ms}`), `layers` as
    a list of statements, and a name as a single word.
    """

    code = "SNN135"
    title = "mapping, list or value in the wrong place"


class MissingKey(PropertyDiagnostic):
    """Checks that a YAML spec has the required keys.

    `snn: 2` selects edition 2, so later editions can't change the meaning of the file.
    `network` names the generated package.
    """

    code = "SNN136"
    title = "missing key"
    message = "the key `{key}` is missing"
    label = "expected `{example}`"
    help = "write `{example}` on a line of its own"

    example: str


class MisplacedKey(PropertyDiagnostic):
    """Checks that `layers` contains all layers and nothing else.

    The items of the list `layers` are the layers of the network, in order. All other
    statements are top-level keys. An encoder may be in either place.
    """

    code = "SNN137"
    title = "misplaced key"
    message = "`{key}` is {where}"
    label = "move it {there}"

    where: str
    there: str


class SeveralKeys(PropertyDiagnostic):
    """Checks for several keys in a mapping that allows only one.

    An item of `layers` has one key: the kind of the layer. Put the properties of the
    layer below its kind, indented further. Write a choice such as `adam` in the same
    way.
    """

    code = "SNN138"
    title = "more than one key"
    message = (
        "`{first}` and `{key}` are next to each other, but only one key is allowed here"
    )
    label = "a second key"

    first: str

    @property
    def hint(self) -> str:
        usual = f"if it is a property of `{self.first}`, indent it further"
        return self.advice or usual


class TooMuch(OverLimit):
    """Checks that a YAML file and its values are not too large."""

    code = "SNN139"
    title = "large YAML file"
    message = "there are more than {limit} {what}"

    what: str


class NotInComment(Diagnostic):
    """Checks for characters in a `.snn` comment that YAML comments can't contain.

    YAML allows no control characters. Some other characters are line breaks in YAML but
    not in `.snn`, so they would end the comment. Only `snnc convert` reports this
    problem.
    """

    code = "SNN145"
    title = "comment character that YAML lacks"
    message = "a YAML comment can't contain the character {code_point}"
    label = "in a comment"
    help = "remove the character, and convert the file again"

    code_point: str
