"""Convert pydantic's errors to diagnostics, and explain unknown properties.

Diagnostics point at the exact words. An unknown property may be a word from another
library, a property of another statement, or a misspelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ValidationError

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import keywords, tree
from snnc.language.keywords import USUAL
from snnc.passes.validate.wording import MAKERS, BadValue
from snnc.source import Span
from snnc.text.near import normal
from snnc.vocabulary import foreign_keywords

_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_NUMBERS = {
    key: entry.usual
    for model in keywords.tables()
    for key, entry in keywords.keys_of(model).items()
    if entry.usual.replace(".", "").isdigit()
}
"""An example of each property that has numbers: ``rate`` of a layer has a range."""


def _out_of_limits(bad: BadValue) -> Diagnostic:
    """Describe which limit a number exceeds, and the closest legal number."""
    name = next(name for name in _LIMITS if name in bad.context)
    limit = f"{bad.context[name]:g}"
    return rules.statements.OutOfRange(
        span=bad.span,
        key=bad.key,
        reason=f"{bad.span.text} is out of range",
        limit=f"it must be {_LIMITS[name]} {limit}",
        advice=_within(bad.key, name, limit, bad.node),
    )


def _within(key: str, name: str, limit: str, node: object) -> str:
    if key == "cores" and name == "ge":
        return "remove it to use all cores of the chips"
    if name in ("ge", "le"):
        unit = f" {node.unit.text}" if isinstance(node, tree.Quantity) else ""
        return f"write `{key} {limit}{unit}`"
    usual = _NUMBERS.get(key) or USUAL.get(key)
    return f"write, for example, `{key} {usual}`" if usual else ""


def _find(
    values: Mapping[str, object], whole: Span, path: tuple[int | str, ...]
) -> tuple[Span, str, Any]:
    """Return the span, the key and the syntax at a path, as exactly as possible."""
    node: Any = values
    key = ""
    for step in path:
        inner: Any = None  # a step may only name the selected choice, such as `adam`
        if isinstance(step, int):
            inner = (node.items if isinstance(node, tree.List) else node)[step]
        elif isinstance(node, tree.Group):
            inner = next((p.value for p in node.properties if p.key.text == step), None)
        elif isinstance(node, Mapping):
            inner = node.get(step)
        if inner is not None:
            node = inner
            key = step if isinstance(step, str) else key
    return getattr(node, "span", whole), key, node


def translate(
    error: ValidationError,
    values: Mapping[str, object],
    statement: tree.Statement,
    others: Sequence[tree.Statement],
) -> Iterator[Diagnostic]:
    """Convert pydantic's errors about a statement's values to diagnostics.

    ``others`` are the statements of the spec, whose names may appear in messages.
    """
    names = {s.kind.text: s.name.text for s in reversed(others) if s.name is not None}
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        context = detail.get("ctx", {})
        span, key, node = _find(values, statement.head, path)
        if detail["type"] in ("unexpected_keyword_argument", "not_taken"):
            # A choice such as ``adam`` or ``relu`` lacks this property.
            group: Any = values[str(path[0])]
            word = context.get("key", path[-1])
            owner = group.name.text
            item = next(p for p in group.properties if p.key.text == word)
            yield unknown_property(item, owner, keywords.settings_of(owner))
        elif detail["type"] != "missing":  # reported elsewhere as a missing part
            span = context["span"] if isinstance(context.get("span"), Span) else span
            key = keywords.PARTS[key].key if key in keywords.PARTS else key
            kind = statement.kind.text
            bad = BadValue(span, key, node, context, kind, names)
            yield MAKERS.get(detail["type"], _out_of_limits)(bad)


def unknown_property(
    item: tree.Property,
    owner: str,
    legal: tuple[str, ...],
    siblings: Sequence[tree.Property] = (),
) -> Diagnostic:
    """Describe a property that a statement, or a choice such as ``adam``, lacks.

    ``owner`` is the statement's kind and variant, or the choice, and ``legal`` are its
    properties. ``siblings`` are all properties in the statement.
    """
    word = item.key.text
    same = foreign_keywords.same_key(word, legal)
    advice = "" if same else _advice(item, owner, legal, siblings)
    if same == "neuron" and item.value.span.text.lower() == "relu":
        advice = "remove it: neurons are `relu` by default"
    if advice:
        near = None
        fix = _moved_setting(item, siblings) if owner == "train" else None
    else:
        near = foreign_keywords.nearest(word, legal)
        fix = foreign_keywords.fix_word(item.key.span, word, legal)
    return rules.statements.UnknownProperty(
        span=item.key.span,
        owner=owner,
        key=word,
        near=near,
        legal=legal,
        fix=fix,
        advice=advice,
    )


def _moved_setting(
    item: tree.Property, siblings: Sequence[tree.Property]
) -> Fix | None:
    """Return the fix that replaces a setting by a loss or an optimizer with it.

    Return None if the spec already has that loss or optimizer.
    """
    line = _setting_line(item, siblings)
    if not line or line.split()[0] in {p.key.text for p in siblings}:
        return None
    if item.span.source.is_yaml:
        from snnc.syntax.yaml.printer import snippet  # only for a YAML spec

        line = snippet(line)
    return Fix(item.span, line)


def _advice(
    item: tree.Property,
    owner: str,
    legal: tuple[str, ...],
    siblings: Sequence[tree.Property],
) -> str:
    """Return the advice; empty if the word may be legal or is unknown."""
    word = item.key.text
    # First the meaning in this statement, then a misspelling, then other statements.
    match = foreign_keywords.counterpart(word, owner)
    if match:
        return foreign_keywords.fill_advice(match, normal(word), owner, item.value)
    if foreign_keywords.nearby_key(word, legal):
        return ""
    line = _setting_line(item, siblings) if owner == "train" else ""
    if line:
        return f"write it as a setting of the {line.split()[0]}: `{line}`"
    match = foreign_keywords.counterpart(word)
    if match:
        return foreign_keywords.fill_advice(match, normal(word), owner, item.value)
    return foreign_keywords.advise_elsewhere(word, item.value, owner)


def _setting_line(item: tree.Property, siblings: Sequence[tree.Property]) -> str:
    """Return the loss or optimizer with a setting that was written in ``train``."""
    given = {p.key.text: p.value for p in siblings}
    return foreign_keywords.setting_line(item.key.text, item.value.span.text, given)
