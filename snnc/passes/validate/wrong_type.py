"""Describe values of the wrong type."""

from __future__ import annotations

from typing import Any

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import tree
from snnc.language.keywords import CHOICES, NEURONS, USUAL
from snnc.source import Span
from snnc.syntax.snn import parse_statement

LONGEST = 40
"""The maximum length of a quoted text, in characters."""
_DIMS_EXAMPLE = "3x3"
_MEASURED = ("a number", "a whole number", "a time")
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


def wrong_type(span: Span, key: str, node: Any, context: dict[str, Any]) -> Diagnostic:
    """Describe which values a property accepts, and suggest one similar to the text."""
    expected = context["expected"]
    if isinstance(node, tree.Quantity) and expected in ("a number", "a whole number"):
        return rules.values.WrongUnit(
            span=node.unit.span,
            key=key,
            unit=node.unit.text,
            units=(),
            example=numeral(node.span),
            fix=Fix(Span(span.source, node.unit.span.start - 1, span.end), ""),
        )
    is_dims = isinstance(node, tree.List) and context["example"] == _DIMS_EXAMPLE
    if is_dims and (problem := _describe_brackets(span, key, node)):
        return problem
    if expected == "a name" and (problem := _quoted_choice(span, key, node)):
        return problem
    bare = key in ("name", "shape", "from", "in", "as", "") or "span" in context
    example, instead = context["example"], context.get("instead")
    if unquoted := _unquote(node, example):
        example = instead = unquoted
    elif not {"instead", "near", "span"} & context.keys() and expected in _MEASURED:
        example = USUAL.get(key, example)
    return rules.values.WrongType(
        span=span,
        key=key,
        expected=expected,
        found=describe_value(node) if "span" not in context else f"`{span.text}`",
        example=example if bare else f"{key} {example}",
        fix=None if instead is None else Fix(span, instead),
    )


def _unquote(node: Any, example: str) -> str:
    """Return the value in a quoted text if its type is that of the example."""
    text = node.value.strip() if isinstance(node, tree.Text) else ""
    # In YAML, the span of a text excludes its quotes.
    if not 0 < len(text) <= LONGEST or node.span.source.is_yaml:
        return ""
    value, like = _parse(text), _parse(example)
    alike = type(value) is type(like) or (
        isinstance(value, tree.Number) and isinstance(like, tree.Dims)
    )
    is_switch = not isinstance(value, tree.Word) or value.text in ("on", "off")
    return text if value is not None and alike and is_switch else ""


def _parse(text: str) -> tree.Value | None:
    statement = parse_statement(f"train {{ x {text} }}")
    properties = statement.properties if statement else None
    return properties[0].value if properties and len(properties) == 1 else None


def _quoted_choice(span: Span, key: str, node: object) -> Diagnostic | None:
    """Describe a choice such as ``adam`` in quotes or brackets, or an unknown one."""
    known = list(CHOICES.get(key, NEURONS if key == "neuron" else ()))
    if not known:
        return None
    items = node.items if isinstance(node, tree.List) else (node,)
    words = [getattr(item, "value", getattr(item, "text", None)) for item in items]
    sure = len(words) == 1 and words[0] in known
    word = str(words[0] if sure else known[0])
    # In YAML, the span of a text excludes its quotes.
    quoted = span.source.is_yaml and isinstance(node, tree.Text)
    return rules.values.WrongType(
        span=span,
        key=key,
        expected="a name without quotes" if isinstance(node, tree.Text) else "a name",
        found=describe_value(node),
        example=f"{key} {word}",
        fix=Fix(span, word) if sure and not quoted else None,
    )


def _describe_brackets(span: Span, key: str, node: tree.List) -> Diagnostic | None:
    """Describe sizes in brackets, as in Python."""
    items = [n for n in node.items if isinstance(n, tree.Number)]
    if not items or len(items) < len(node.items):
        return None
    if not all(item.span.text.isdecimal() for item in items):
        return None
    dims = "x".join(item.span.text for item in items)
    return rules.misplaced.DimsSpelling(
        span=span, text=span.text, dims=f"{key} {dims}", fix=Fix(span, dims)
    )


def numeral(span: Span) -> str:
    """Return the number before a unit."""
    return span.text.split()[0].rstrip("%")
