"""List the patterns that colour a ``.snn`` file, in order, with their categories.

Patterns for numbers, strings and names come from ``grammar/snn.lark``, and words from
`snnc.language.keywords` and the spec models. The patterns work in Python and in
Oniguruma, which editors use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache

from snnc.language import keywords
from snnc.language.model import NetworkSpec
from snnc.syntax.build import parser

SWITCHES = frozenset(("on", "off", "true", "false"))


def value_words() -> frozenset[str]:
    """Return every word that a property accepts, such as ``same`` or ``adam``."""
    words = {word for word in keywords.values_in(NetworkSpec) if word.isidentifier()}
    return SWITCHES | words


class Category(Enum):
    """A kind of text: its TextMate scope, Pygments token, and LSP name, or no name."""

    COMMENT = ("comment.line.number-sign", "Comment.Single", "comment")
    TEXT = ("string.quoted.double", "Literal.String.Double", "string")
    NUMBER = ("constant.numeric", "Literal.Number", "number")
    DIMS = ("constant.numeric.dims", "Literal.Number.Dims", "number")
    RANGE = ("constant.numeric.range", "Literal.Number.Range", "number")
    UNIT = ("keyword.other.unit", "Keyword.Type", "number")
    HEADER = ("keyword.control.header", "Keyword.Namespace", "keyword")
    KIND = ("keyword.control", "Keyword", "keyword")
    VARIANT = ("storage.type", "Keyword.Declaration", "type")
    DECLARED = ("entity.name.function", "Name.Function", "variable")
    REFUSED = ("invalid.deprecated", "Keyword.Reserved", "keyword")
    CLAUSE = ("keyword.operator.word", "Operator.Word", "operator")
    KEY = ("support.type.property-name", "Name.Attribute", "property")
    VALUE = ("constant.language", "Keyword.Constant", "enumMember")
    NAME = ("variable.other", "Name", "variable")
    MARK = ("punctuation", "Punctuation", "")
    WRONG = ("invalid.illegal", "Error", "")

    def __init__(self, scope: str, token: str, semantic: str) -> None:
        self.scope = f"{scope}.snn"
        self.token = token
        self.semantic = semantic


Rules = dict[str, tuple[Category, ...]]
"""Patterns, and the category of the whole match or of each of several groups."""


def _terminal(name: str) -> str:
    (terminal,) = (t for t in parser().terminals if t.name == name)
    return str(terminal.pattern.to_regexp()).replace("\n", r"\n")


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(words))})(?!\\w)"


@cache
def rules() -> Rules:
    """Return all rules; if two match at one position, the first one applies."""
    value = value_words()
    unit = f"[ \\t]+({_any_of(keywords.UNITS)})"
    name = f"(?!{_any_of(keywords.CLAUSES)}){_terminal('NAME')}"
    forms = keywords.FORMS
    encoders = _any_of(keywords.VARIANTS["encode"])
    named = _any_of(kind for kind, form in forms.items() if form.name != "none")
    network = _any_of(["network"])
    encoder = f"(encode)[ \\t]+({encoders})(?:[ \\t]+({name}))?"
    patterns: Rules = {
        _terminal("COMMENT"): (Category.COMMENT,),
        _terminal("STRING"): (Category.TEXT,),
        _terminal("UNTERMINATED"): (Category.WRONG,),
        f"({_terminal('RANGE')}){unit}": (Category.RANGE, Category.UNIT),
        f"({_terminal('NUMBER')}){unit}": (Category.NUMBER, Category.UNIT),
        _terminal("RANGE"): (Category.RANGE,),
        _terminal("DIMS"): (Category.DIMS,),
        _terminal("NUMBER"): (Category.NUMBER,),
        _terminal("MALFORMED"): (Category.WRONG,),
    }
    words: Rules = {
        encoder: (Category.KIND, Category.VARIANT, Category.DECLARED),
        **{
            f"({kind})[ \\t]+({_any_of(words)})": (Category.KIND, Category.VARIANT)
            for kind, words in keywords.VARIANTS.items()
        },
        f"({named})[ \\t]+({name})": (Category.KIND, Category.DECLARED),
        f"({network})[ \\t]+({name})": (Category.HEADER, Category.DECLARED),
        # In a list, a word that is both a key and a value is a value.
        f"{_any_of(keywords.KEYS & value)}(?=[^\\[\\]{{}}]*\\])": (Category.VALUE,),
        _any_of(keywords.KINDS): (Category.KIND,),
        _any_of(keywords.HEADERS): (Category.HEADER,),
        _any_of(keywords.REFUSED & keywords.RESERVED): (Category.REFUSED,),
        _any_of(keywords.CLAUSES): (Category.CLAUSE,),
        _any_of(keywords.KEYS): (Category.KEY,),
        _any_of(value): (Category.VALUE,),
    }
    others: Rules = {
        _terminal("NAME"): (Category.NAME,),
        r"[{}\[\],]": (Category.MARK,),
        r"\S": (Category.WRONG,),
    }
    # Unlike numbers, a word must not begin inside a longer one.
    at_words = {f"(?<!\\w){pattern}": groups for pattern, groups in words.items()}
    return patterns | at_words | others


@cache
def _compile_rules() -> tuple[re.Pattern[str], dict[int, list[tuple[int, Category]]]]:
    """Return one pattern with a group per rule, and each rule's coloured groups."""
    coloured: dict[int, list[tuple[int, Category]]] = {}
    group = 1
    for pattern, categories in rules().items():
        first = group if len(categories) == 1 else group + 1
        coloured[group] = list(enumerate(categories, first))
        group += 1 + re.compile(pattern).groups
    return re.compile("|".join(f"({pattern})" for pattern in rules())), coloured


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


def to_fill(example: str) -> str:
    """Turn each number in an example into a placeholder: ``filters ${1:8}``."""
    count = iter(range(1, 100))
    return _NUMBER.sub(lambda match: f"${{{next(count)}:{match[0]}}}", example)


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
