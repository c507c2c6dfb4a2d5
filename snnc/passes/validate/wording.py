"""Describe each type of error that pydantic or a literal raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Label
from snnc.language import tree
from snnc.language.keywords import FORMS, UNITS, USUAL
from snnc.source import Span
from snnc.syntax.lexical import wrong_notation
from snnc.text.tables import join_alternatives
from snnc.vocabulary.foreign_keywords import fix_word, nearest

_OTHER_UNITS = frozenset(("khz", "mhz", "ns", "nsec", "min", "mins", "minutes", "h"))
"""Units of another size: only the user can write the number in a legal unit."""
_UNIT_WORDS = dict.fromkeys(("sec", "secs", "second", "seconds"), "s")
_UNIT_WORDS |= dict.fromkeys(("msec", "msecs", "millis"), "ms")
_UNIT_WORDS |= {"usec": "us", "hertz": "Hz", "hz": "Hz"}
LONGEST = 40
"""The maximum length of a quoted text, in characters."""
_DIMS_EXAMPLE = "3x3"
_TOKEN = re.compile(r"[\w.+-]{1,40}", re.ASCII)
_WITH_USUAL = ("a number", "a whole number", "a time", "a name")
_FOUND = {
    tree.Word: "a word",
    tree.Number: "a number",
    tree.Dims: "dims",
    tree.Quantity: "a number with a unit",
    tree.Range: "a range",
    tree.Text: "a string",
    tree.List: "a list",
    tree.Group: "a block",
}


def describe_value(node: object) -> str:
    """Return a value as written, or describe its type."""
    text = str(node.span.text) if hasattr(node, "span") else ""
    kind = _FOUND.get(type(node), "this")
    return f"`{text}`" if 0 < len(text) <= LONGEST and "\n" not in text else kind


class BadValue(NamedTuple):
    """A value of the property or part ``key`` that pydantic or a literal rejects.

    ``node`` is the syntax of the value, and ``context`` is the error's. ``kind`` is the
    kind of the statement, and ``names`` are the spec's names by kind of statement.
    """

    span: Span
    key: str
    node: Any
    context: Mapping[str, Any]
    kind: str
    names: Mapping[str, str]


def _out_of_range(bad: BadValue) -> Diagnostic:
    key = bad.key
    context = bad.context
    advice = context.get("advice", "")
    instead = context.get("instead")
    if instead:
        advice = f"write `{instead}`" if key == "shape" else f"write `{key} {instead}`"
    return rules.statements.OutOfRange(
        span=bad.span,
        key=key,
        reason=context["reason"],
        limit=context["limit"],
        advice=advice,
    )


def _missing_unit(bad: BadValue) -> Diagnostic:
    span = bad.span
    likely = bad.context["likely"]
    return rules.statements.MissingUnit(
        span=span,
        key=bad.key,
        units=bad.context["units"],
        likely=f"{bad.key} {span.text} {likely}",
        fix=Fix(Span(span.source, span.end, span.end), f" {likely}"),
    )


def _wrong_unit(bad: BadValue) -> Diagnostic:
    span = bad.span
    unit = bad.context["unit"]
    units = bad.context["units"]
    if unit in UNITS:
        usual = "Hz" if "Hz" in units else "ms"
        return rules.statements.WrongUnit(
            span=span,
            key=bad.key,
            unit=unit,
            units=units,
            example=f"{_numeral(bad.node.span)} {usual}",
        )
    if unit.lower() in _OTHER_UNITS:
        return rules.statements.UnknownUnit(
            span=span,
            unit=unit,
            units=units,
            advice=f"convert the number to {join_alternatives(units)}",
        )
    known = _UNIT_WORDS.get(unit.lower())
    near = known or nearest(unit, units)
    fix = fix_word(span, unit, units)
    if known is not None and known in units:
        fix = Fix(span, known)
    return rules.statements.UnknownUnit(
        span=span,
        unit=unit,
        units=units,
        near=near if near in units else None,
        fix=fix,
    )


def _unknown_choice(bad: BadValue) -> Diagnostic:
    context = bad.context
    node = bad.node
    expected = context.get("expected") or context.get("expected_tags") or ""
    # pydantic joins the legal words in a sentence.
    legal = tuple(re.findall(r"\w+", expected.replace(" or ", " ")))
    word = node.name if isinstance(node, tree.Group) else node
    span = word.span
    near = nearest(span.text, legal) if isinstance(word, tree.Word) else None
    return rules.statements.UnknownChoice(
        span=span,
        key=bad.key,
        found=describe_value(word),
        legal=legal,
        near=near,
        fix=fix_word(span, span.text, legal) if near else None,
    )


def _bad_name(bad: BadValue) -> Diagnostic:
    key = bad.key
    name = bad.context["name"]
    if key in ("from", "shortcut") and name in FORMS and FORMS[name].is_layer:
        named = FORMS[name].named or FORMS[name].example
        # The name in the example of the kind that was named.
        usual = named.removeprefix("encode conv").removeprefix(name).split()[0]
        return rules.misplaced.ReservedSource(
            span=bad.span, word=name, key=key, name=usual
        )
    if key == "from" and name == "input" and "input" in bad.names:
        return _input_by_kind(bad)
    example = f"{name}_0" if name.isascii() and len(name) < LONGEST else "c0"
    return rules.statements.InvalidName(
        span=bad.span,
        name=_shorten(name),
        reason=bad.context["reason"],
        example=example.lstrip("_"),
    )


def _shorten(name: str) -> str:
    return name if len(name) <= LONGEST else name[:LONGEST] + "..."


def _input_by_kind(bad: BadValue) -> Diagnostic:
    """Describe ``from input`` where the input has another name."""
    by_encoder = bad.kind == "encode"
    encoder = bad.names.get("encode", "")
    source = bad.names["input"] if by_encoder else encoder
    return rules.misplaced.InputByKind(
        span=bad.span,
        input=bad.names["input"],
        by_encoder=by_encoder,
        encoder=encoder,
        fix=Fix(bad.span, source) if source else None,
    )


def _repeated_class(bad: BadValue) -> Diagnostic:
    related = (Label(bad.context["first"], "first named here"),)
    name = bad.context["label"]
    return rules.statements.RepeatedClass(span=bad.span, name=name, related=related)


def _wrong_type(bad: BadValue) -> Diagnostic:
    """Describe which values a property accepts, and suggest one similar to the text."""
    key = bad.key
    context = bad.context
    problem = _known_mistake(bad)
    if problem is not None:
        return problem
    example = context["example"]
    instead = context.get("instead")
    unquoted = _unquote(bad.node, example)
    if unquoted:
        example = instead = unquoted
    elif context["expected"] in _WITH_USUAL and not _SPECIFIC & context.keys():
        example = USUAL.get(key, example)
    if key not in ("name", "shape", "from", "in", "as", "") and "span" not in context:
        example = f"{key} {example}"
    return rules.statements.WrongType(
        span=bad.span,
        key=key,
        expected=context["expected"],
        found=f"`{bad.span.text}`" if "span" in context else describe_value(bad.node),
        example=example,
        fix=None if instead is None else Fix(bad.span, instead),
    )


_SPECIFIC = {"instead", "near", "span"}
"""The fields of an error whose example is for this value."""


def _known_mistake(bad: BadValue) -> Diagnostic | None:
    """Describe a unit or brackets where they are not allowed."""
    node = bad.node
    expected = bad.context["expected"]
    if isinstance(node, tree.Quantity) and expected in ("a number", "a whole number"):
        unit = node.unit
        return rules.statements.WrongUnit(
            span=unit.span,
            key=bad.key,
            unit=unit.text,
            units=(),
            example=_numeral(node.span),
            fix=Fix(Span(unit.span.source, unit.span.start - 1, bad.span.end), ""),
        )
    if isinstance(node, tree.List) and bad.context["example"] == _DIMS_EXAMPLE:
        return _describe_brackets(bad.span, bad.key, node)
    return None


def _unquote(node: Any, example: str) -> str:
    """Return the word or number inside quotes, or an empty text.

    It is empty unless the text and the example both are numbers, or both are words.
    """
    # In YAML, the span of a text excludes its quotes.
    if not isinstance(node, tree.Text) or node.span.source.is_yaml:
        return ""
    text = node.value.strip()
    is_alike = text[:1].isdigit() == example[:1].isdigit()
    return text if is_alike and _TOKEN.fullmatch(text) else ""


def _describe_brackets(span: Span, key: str, node: tree.List) -> Diagnostic | None:
    sizes = [n.span.text for n in node.items if isinstance(n, tree.Number)]
    if not sizes or len(sizes) < len(node.items) or not all(map(str.isdecimal, sizes)):
        return None
    return wrong_notation(rules.misplaced.DimsSpelling, span, key, "x".join(sizes))


def _numeral(span: Span) -> str:
    return span.text.split()[0].rstrip("%")


MAKERS: Mapping[str, Callable[[BadValue], Diagnostic]] = {
    "wrong_type": _wrong_type,
    "bad_value": _out_of_range,
    "missing_unit": _missing_unit,
    "wrong_unit": _wrong_unit,
    "literal_error": _unknown_choice,
    "union_tag_invalid": _unknown_choice,
    "bad_name": _bad_name,
    "repeated_class": _repeated_class,
}
