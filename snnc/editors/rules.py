"""List the patterns that colour a ``.snn`` file, in order, with their categories.

Patterns for numbers, strings and names come from `snnc.syntax.build`, and words from
`snnc.language.keywords` and the spec models. The patterns work in Python and in
Oniguruma, which editors use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache

from snnc.language.fields import values_in
from snnc.language.keywords import (
    CLAUSES,
    FORMS,
    HEADERS,
    KEYS,
    KINDS,
    MODELS,
    REFUSED,
    RESERVED,
    UNITS,
    VARIANTS,
)
from snnc.language.model import NetworkSpec
from snnc.syntax.build import TERMINALS
from snnc.text.display import Json

SWITCHES = frozenset(("on", "off", "true", "false"))


def value_words() -> frozenset[str]:
    """Return every word that a property accepts, such as ``same`` or ``adam``."""
    words = {word for word in values_in(NetworkSpec) if word.isidentifier()}
    return SWITCHES | words


class Category(Enum):
    """A category of text, with its TextMate scope and its Pygments token."""

    COMMENT = ("comment.line.number-sign", "Comment.Single")
    TEXT = ("string.quoted.double", "Literal.String.Double")
    NUMBER = ("constant.numeric", "Literal.Number")
    DIMS = ("constant.numeric.dims", "Literal.Number.Dims")
    RANGE = ("constant.numeric.range", "Literal.Number.Range")
    UNIT = ("keyword.other.unit", "Keyword.Type")
    HEADER = ("keyword.control.header", "Keyword.Namespace")
    KIND = ("keyword.control", "Keyword")
    VARIANT = ("storage.type", "Keyword.Declaration")
    DECLARED = ("entity.name.function", "Name.Function")
    REFUSED = ("invalid.deprecated", "Keyword.Reserved")
    CLAUSE = ("keyword.operator.word", "Operator.Word")
    KEY = ("support.type.property-name", "Name.Attribute")
    VALUE = ("constant.language", "Keyword.Constant")
    NAME = ("variable.other", "Name")
    MARK = ("punctuation", "Punctuation")
    WRONG = ("invalid.illegal", "Error")

    @property
    def scope(self) -> str:
        return f"{self.value[0]}.snn"

    @property
    def token(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and the category of the whole match or of each group."""

    pattern: str
    categories: tuple[Category, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the pattern has no groups."""
        return re.compile(self.pattern).groups == 0


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules; if two match at one position, the first one applies."""
    return (*_texts(), *_numbers(), *_statements(), *_words())


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(words))})(?!\\w)"


def _whole(pattern: str, category: Category) -> Rule:
    return Rule(pattern, (category,))


def _texts() -> tuple[Rule, ...]:
    return (
        _whole(TERMINALS["COMMENT"], Category.COMMENT),
        _whole(TERMINALS["STRING"], Category.TEXT),
        _whole(TERMINALS["UNTERMINATED"], Category.WRONG),
    )


def _numbers() -> tuple[Rule, ...]:
    kinds = (Category.RANGE, Category.DIMS, Category.NUMBER)
    unit = f"[ \\t]+({_any_of(UNITS)})"
    measured = (
        Rule(f"({TERMINALS[kind.name]}){unit}", (kind, Category.UNIT))
        for kind in (Category.RANGE, Category.NUMBER)
    )
    plain = (_whole(TERMINALS[kind.name], kind) for kind in kinds)
    return (*measured, *plain, _whole(TERMINALS["MALFORMED"], Category.WRONG))


def _statements() -> tuple[Rule, ...]:
    name = f"(?!{_any_of(CLAUSES)}){TERMINALS['NAME']}"
    named = [kind for kind, form in FORMS.items() if form.name != "none"]
    encoders = Rule(
        f"(?<!\\w)(encode)[ \\t]+({_any_of(VARIANTS['encode'])})(?:[ \\t]+({name}))?",
        (Category.KIND, Category.VARIANT, Category.DECLARED),
    )
    variants = (
        Rule(
            f"(?<!\\w)({kind})[ \\t]+({_any_of(words)})",
            (Category.KIND, Category.VARIANT),
        )
        for kind, words in VARIANTS.items()
    )
    declared = (
        Rule(f"(?<!\\w)({_any_of(words)})[ \\t]+({name})", (kind, Category.DECLARED))
        for words, kind in ((named, Category.KIND), (["network"], Category.HEADER))
    )
    return (encoders, *variants, *declared)


def _words() -> tuple[Rule, ...]:
    known = (
        (KINDS, Category.KIND),
        (HEADERS, Category.HEADER),
        (REFUSED & RESERVED, Category.REFUSED),
        (CLAUSES, Category.CLAUSE),
        (KEYS, Category.KEY),
        (value_words(), Category.VALUE),
    )
    listed = f"(?<!\\w){_any_of(KEYS & value_words())}(?=[^\\[\\]{{}}]*\\])"
    return (
        _whole(listed, Category.VALUE),
        *(_whole(f"(?<!\\w){_any_of(words)}", category) for words, category in known),
        _whole(TERMINALS["NAME"], Category.NAME),
        _whole(r"[{}\[\],]", Category.MARK),
        _whole(r"\S", Category.WRONG),
    )


@cache
def _compile_rules() -> tuple[re.Pattern[str], dict[int, list[tuple[int, Category]]]]:
    """Return one pattern with a group per rule, and each rule's coloured groups."""
    coloured: dict[int, list[tuple[int, Category]]] = {}
    group = 1
    for rule in rules():
        first = group if rule.is_whole else group + 1
        coloured[group] = list(enumerate(rule.categories, first))
        group += 1 + re.compile(rule.pattern).groups
    return re.compile("|".join(f"({rule.pattern})" for rule in rules())), coloured


def coloured_parts(text: str) -> Iterator[tuple[str, Category | None]]:
    """Yield all parts of a ``.snn`` text in order, with their categories."""
    pattern, coloured = _compile_rules()
    at = 0
    for match in pattern.finditer(text):
        for group, category in coloured[match.lastindex or 0]:
            start, end = match.span(group)
            if at < start:
                yield text[at:start], None
            if start >= 0:
                yield text[start:end], category
                at = end
    if at < len(text):
        yield text[at:], None


_NUMBER = re.compile(r"(?<![\w.])[-+\d.][\w.+-]*")


def textmate_text() -> str:
    """Return the text of ``grammar/snn.tmLanguage.json``."""
    grammar = {
        "name": "snn",
        "scopeName": "source.snn",
        "fileTypes": ["snn"],
        "patterns": [_pattern(rule) for rule in rules()],
    }
    return json.dumps(grammar, indent=2) + "\n"


def _pattern(rule: Rule) -> Json:
    if rule.is_whole:
        return {"match": rule.pattern, "name": rule.categories[0].scope}
    groups = enumerate(rule.categories, start=1)
    captures = {str(number): {"name": part.scope} for number, part in groups}
    return {"match": rule.pattern, "captures": captures}


def to_fill(example: str) -> str:
    """Turn each number in an example into a placeholder: ``filters ${1:8}``."""
    count = iter(range(1, 100))
    return _NUMBER.sub(lambda match: f"${{{next(count)}:{match[0]}}}", example)


def snippets() -> Json:
    """Return the content of ``editors/vscode/snippets/snn.json``."""
    found: Json = {"spec": _SPEC}
    for kind, form in FORMS.items():
        example = form.named if "" not in MODELS.get(kind, {"": None}) else form.example
        example = example or form.example
        if example.startswith(kind):
            body = to_fill(example)
            found[kind] = {"prefix": kind, "body": body, "description": form.about}
    return found


def snippets_text() -> str:
    """Return the text of that file."""
    return json.dumps(snippets(), indent=2) + "\n"


NETWORK = (
    "network ${1:net} {",
    "  input ${2:image} ${3:28x28x1} in ${4:0..1}",
    "  encode conv { filters ${5:2} }",
    "",
    "  $0",
    "  readout ${6:label} { classes ${7:10} }",
    "}",
)
"""The lines of a network to fill in."""
_SPEC = {
    "prefix": "snn",
    "body": ["snn 1", "", *NETWORK],
    "description": "A spec with an input and a readout.",
}
