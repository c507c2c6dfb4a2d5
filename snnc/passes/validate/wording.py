"""Describe each type of error that pydantic or a literal raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Label
from snnc.language import tree
from snnc.language.keywords import FORMS, PARTS, UNITS
from snnc.passes.validate.wrong_type import LONGEST, describe_value, numeral, wrong_type
from snnc.rules.names import join_alternatives
from snnc.source import Span
from snnc.vocabulary.foreign_keywords import fix_word, nearest

_SCALED = {
    "khz": ("Hz", 1e3),
    "MHz": ("Hz", 1e6),
    "mHz": ("Hz", 1e-3),
    "ns": ("us", 1e-3),
    "nsec": ("us", 1e-3),
    "min": ("s", 60),
    "mins": ("s", 60),
    "minutes": ("s", 60),
    "h": ("s", 3600),
}
"""Other units, each with the legal unit and the conversion factor."""
_UNIT_WORDS = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "msec": "ms",
    "msecs": "ms",
    "millis": "ms",
    "usec": "us",
    "hertz": "Hz",
    "hz": "Hz",
}


@dataclass(frozen=True, slots=True)
class Written:
    """Names in the spec, for diagnostics; empty if not written.

    ``by_encoder`` is set if the statement is an encoder.
    """

    input: str = ""
    encoder: str = ""
    by_encoder: bool = False


def display_key(key: str) -> str:
    """Name a part of a statement in the user's words."""
    return PARTS[key].key if key in PARTS else key


def _bad_value(span: Span, key: str, node: Any, context: dict[str, Any]) -> Diagnostic:
    advice = context.get("advice", "")
    if instead := context.get("instead"):
        advice = f"write `{instead}`" if key == "shape" else f"write `{key} {instead}`"
    return rules.values.OutOfRange(
        span=span,
        key=key,
        reason=context["reason"],
        limit=context["limit"],
        advice=advice,
    )


def _missing_unit(
    span: Span, key: str, node: Any, context: dict[str, Any]
) -> Diagnostic:
    likely = context["likely"]
    end = Span(span.source, span.end, span.end)
    return rules.values.MissingUnit(
        span=span,
        key=key,
        units=context["units"],
        likely=f"{key} {span.text} {likely}",
        fix=Fix(end, f" {likely}"),
    )


def _wrong_unit(span: Span, key: str, node: Any, context: dict[str, Any]) -> Diagnostic:
    unit, units = context["unit"], context["units"]
    if unit in UNITS:
        usual = "Hz" if "Hz" in units else "ms"
        return rules.values.WrongUnit(
            span=span,
            key=key,
            unit=unit,
            units=units,
            example=f"{numeral(node.span)} {usual}",
        )
    if problem := _other_scale(key, node, unit, units):
        return problem
    near = _UNIT_WORDS.get(unit.lower()) or nearest(unit, units)
    near = near if near in units else None
    return rules.values.UnknownUnit(
        span=span,
        unit=unit,
        units=units,
        near=near,
        fix=_unit_fix(span, unit, units),
    )


def _other_scale(
    key: str, node: Any, unit: str, units: tuple[str, ...]
) -> Diagnostic | None:
    """Describe a number in a unit that is a known multiple of a legal unit."""
    instead, factor = _SCALED.get(unit) or _SCALED.get(unit.lower(), ("", 1))
    if instead not in units:
        return None
    ends = (node.low, node.high) if isinstance(node, tree.Range) else (node.value,)
    scaled = ["" if end is None else f"{end * factor:.12g}" for end in ends]
    text = f"{'..'.join(scaled)} {instead}"
    return rules.values.UnknownUnit(
        span=node.unit.span,
        unit=unit,
        units=units,
        advice=f"write `{key} {text}`",
        fix=Fix(node.span, text),
    )


def _unit_fix(span: Span, unit: str, units: tuple[str, ...]) -> Fix | None:
    known = _UNIT_WORDS.get(unit.lower())
    return Fix(span, known) if known in units else fix_word(span, unit, units)


def _unknown_choice(
    span: Span, key: str, node: Any, context: dict[str, Any]
) -> Diagnostic:
    expected = context.get("expected") or context.get("expected_tags") or ""
    legal = tuple(re.findall(r"\w+", expected.replace(" or ", " ")))
    word = node.name if isinstance(node, tree.Group) else node
    span = word.span
    near = nearest(span.text, legal) if isinstance(word, tree.Word) else None
    advice = ""
    if key == "padding" and span.text == "causal":
        near, advice = (
            None,
            f"only `conv1d` allows it: write {join_alternatives(legal)}",
        )
    return rules.values.UnknownChoice(
        span=span,
        key=key,
        found=describe_value(word),
        legal=legal,
        near=near,
        advice=advice,
        fix=fix_word(span, span.text, legal) if near else None,
    )


def _bad_name(span: Span, key: str, node: Any, context: dict[str, Any]) -> Diagnostic:
    name = context["name"]
    if key in ("from", "shortcut") and name in FORMS and FORMS[name].is_layer:
        return _reserved_source(span, key, name)
    names: Written | None = context.get("names")
    if key == "from" and name == "input" and names is not None and names.input:
        return _raw_source(span, names)
    example = f"{name}_0" if name.isascii() and len(name) < LONGEST else "c0"
    return rules.names.InvalidName(
        span=span,
        name=name if len(name) <= LONGEST else name[:LONGEST] + "...",
        reason=context["reason"],
        example=example.lstrip("_"),
    )


def _raw_source(span: Span, names: Written) -> Diagnostic:
    """Describe ``from input``: the input has its own name; encoders read it."""
    source = names.input if names.by_encoder else names.encoder
    return rules.misplaced.InputByKind(
        span=span,
        input=names.input,
        by_encoder=names.by_encoder,
        encoder=names.encoder,
        fix=Fix(span, source) if source else None,
    )


def _reserved_source(span: Span, key: str, word: str) -> Diagnostic:
    named = FORMS[word].named or FORMS[word].example
    name = named.removeprefix("encode conv").removeprefix(word).split()[0]
    return rules.misplaced.ReservedSource(
        span=span, word=word, key=key, named=named, name=name
    )


def _repeated_class(
    span: Span, key: str, node: Any, context: dict[str, Any]
) -> Diagnostic:
    first = context["first"]
    related = (Label(first, "first named here"),) if first is not None else ()
    return rules.values.RepeatedClass(span=span, name=context["label"], related=related)


_Maker = Callable[[Span, str, Any, dict[str, Any]], Diagnostic]
MAKERS: dict[str, _Maker] = {
    "wrong_type": wrong_type,
    "bad_value": _bad_value,
    "missing_unit": _missing_unit,
    "wrong_unit": _wrong_unit,
    "literal_error": _unknown_choice,
    "union_tag_invalid": _unknown_choice,
    "bad_name": _bad_name,
    "repeated_class": _repeated_class,
}
