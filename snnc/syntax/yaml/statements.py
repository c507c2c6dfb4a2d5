"""Convert YAML nodes to statements."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from typing import Any

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label
from snnc.language import keywords, tree
from snnc.language.keywords import KEYS, KINDS, REFUSED, VARIANTS, parts_of
from snnc.source import Span
from snnc.syntax.yaml import nodes, values
from snnc.syntax.yaml.values import word
from snnc.text.near import nearest_spelling

PARTS = {part.key: field for field, part in keywords.PARTS.items()}
"""The field of each key that precedes the block in ``.snn``."""
_CHOOSING = frozenset(VARIANTS) - {"defaults"}
# Statements whose keys are all parts.
_ONLY_PARTS = {
    kind: tuple(part.key for part in parts_of(model).values())
    for kind in keywords.BLOCKLESS
    for model in keywords.MODELS.get(kind, {}).values()
}
_NAMED = frozenset(
    kind
    for kind, form in keywords.FORMS.items()
    if form.name != "none" and kind not in _ONLY_PARTS
)
_PARTS_OF_NAMED = ("name", "from")


def read(
    key: nodes.Scalar,
    node: nodes.Node,
    report: Diagnostics,
    scope: nodes.Scalar | None = None,
) -> tree.Statement:
    """Read one statement; on an error, report it and mark the statement as broken.

    ``scope`` is the kind of layer that a statement of `defaults` sets.
    """
    kind = word(key)
    variant = None if scope is None else word(scope)
    span = (scope or key).span.to(node.span)
    try:
        if kind.text == "about":
            return tree.Statement(kind, span, text=values.text_of(kind, node))
        if kind.text in _CHOOSING:
            return _read_choice(kind, node, span)
        return _statement(kind, variant, node, span)
    except nodes.UnreadableError as problem:
        # Nothing is known about the properties of an unknown kind, so report the kind.
        if problem.diagnostic is not None and kind.text not in KINDS:
            problem.diagnostic = unknown(kind, node)
        problem.report_to(report)
    if variant is not None:
        return tree.Statement(kind, span, variant=variant, broken=True)
    return _broken(kind, node, span)


def unknown(kind: tree.Word, node: nodes.Node | None = None) -> Diagnostic:
    """Describe an unknown kind of statement, or why the kind is refused."""
    try:
        value = values.literal(node) if isinstance(node, nodes.Scalar) else None
    except nodes.UnreadableError:
        value = None
    shape = value if isinstance(value, tree.Number) else None
    statement = tree.Statement(kind, kind.span, shape=shape)
    return vocabulary.unknown_kinds.unknown_kind(statement)


def _broken(kind: tree.Word, node: nodes.Node, span: Span) -> tree.Statement:
    """Return a broken statement with the kind, variant and name that are readable."""
    variant: tree.Word | None = None
    if kind.text in _CHOOSING and isinstance(node, nodes.Mapping) and node.pairs:
        variant = word(node.pairs[0][0])
        node = node.pairs[0][1]
    name = None
    for key, value in node.pairs if isinstance(node, nodes.Mapping) else ():
        if key.text == "name" and isinstance(value, nodes.Scalar) and value.text:
            name = word(value)
            break
    return tree.Statement(kind, span, variant=variant, name=name, broken=True)


def _read_choice(kind: tree.Word, node: nodes.Node, span: Span) -> tree.Statement:
    """Read the choice of ``target``, ``encode`` or ``neuron``, and its properties."""
    variants = VARIANTS[kind.text]
    if isinstance(node, nodes.Scalar):
        variant = None if nodes.is_empty(node) else values.name_of(None, node)
        return tree.Statement(kind, span, variant=variant)
    if not isinstance(node, nodes.Mapping):
        raise nodes.wrong_form(node, f"one of {', '.join(variants)}")
    if not node.pairs:
        return tree.Statement(kind, span)
    chosen, inner = values.one_pair(node)
    if chosen.text not in variants and not isinstance(inner, nodes.Mapping):
        return tree.Statement(kind, span, variant=word(chosen))
    return _statement(kind, word(chosen), inner, span)


def defaults(
    key: nodes.Scalar, node: nodes.Node, report: Diagnostics
) -> Iterator[tree.Statement]:
    """Read ``defaults``: properties, properties by kind of layer, or a list of both."""
    if not isinstance(node, nodes.Sequence):
        yield from _defaults(key, node, report)
        return
    for item in node.items:
        for statement in _defaults(key, item, report):
            is_scope = statement.variant is not None
            yield statement if is_scope else replace(statement, span=item.span)


def _defaults(
    key: nodes.Scalar, node: nodes.Node, report: Diagnostics
) -> Iterator[tree.Statement]:
    if not isinstance(node, nodes.Mapping):
        yield read(key, node, report)
        return
    plain = tuple((k, value) for k, value in node.pairs if not _is_scope(k, value))
    if plain or not node.pairs:
        yield read(key, nodes.Mapping(plain, node.span), report)
    for scope, inner in node.pairs:
        if _is_scope(scope, inner):
            yield read(key, inner, report, scope)


def _is_scope(key: nodes.Scalar, node: nodes.Node) -> bool:
    """Return whether a key of ``defaults`` is a kind of layer, possibly misspelt."""
    if key.text in VARIANTS["defaults"]:
        return True
    return isinstance(node, nodes.Mapping) and key.text not in KEYS


_READERS: dict[str, Callable[[tree.Word, nodes.Node], Any]] = {
    "name": values.name_of,
    "shape": values.shape_of,
    "within": values.range_of,
    "mapped": values.range_of,
    "sources": values.sources_of,
}


def _statement(
    kind: tree.Word, variant: tree.Word | None, node: nodes.Node, span: Span
) -> tree.Statement:
    statement = tree.Statement(kind, span, variant)
    if not isinstance(node, nodes.Mapping):
        values.properties_of(node, (variant or kind).text)  # refuses all but nothing
        return statement
    pairs = nodes.rejoin(node).pairs
    parts = _parts_in(pairs)
    properties = [(key, value) for key, value in pairs if key.text not in PARTS]
    for key, _ in properties:
        if problem := _find_misspelling(statement, key, parts):
            raise nodes.UnreadableError(problem)
    written = tuple(values.property_of(key, value) for key, value in properties)
    fields: dict[str, Any] = {
        PARTS[part]: _READERS[PARTS[part]](word(key), value)
        for part, (key, value) in parts.items()
    }
    return replace(statement, properties=written or None, **fields)


def _parts_in(pairs: Iterable[nodes.Pair]) -> dict[str, nodes.Pair]:
    """Return the parts that precede the block in ``.snn``."""
    parts: dict[str, nodes.Pair] = {}
    for key, value in pairs:
        if key.text in parts:
            raise nodes.UnreadableError(describe_repeat(key, parts[key.text][0]))
        if key.text in PARTS:
            parts[key.text] = (key, value)
    return parts


def _find_misspelling(
    statement: tree.Statement, key: nodes.Scalar, parts: Container[str]
) -> Diagnostic | None:
    """Describe a key if it is refused or misspelt."""
    kind = statement.kind.text
    if key.text in REFUSED:
        return vocabulary.foreign_keywords.refusal(word(key), "property")
    if kind in _ONLY_PARTS:
        legal = _ONLY_PARTS[kind]
        return _unknown_key(kind, key, _nearest_part(key, legal, parts), legal)
    if kind not in _NAMED or key.text in KEYS:
        return None
    near = _nearest_part(key, _PARTS_OF_NAMED, parts)
    if near is None:
        return None
    legal = (*_PARTS_OF_NAMED, *keywords.legal_keys(statement))
    return _unknown_key(kind, key, near, legal)


def _nearest_part(
    key: nodes.Scalar, legal: Iterable[str], parts: Container[str]
) -> str | None:
    absent = [part for part in legal if part not in parts]
    meant = vocabulary.foreign_keywords.PART_BY_WORD.get(key.text)
    return meant if meant in absent else nearest_spelling(key.text, absent)


def _unknown_key(
    owner: str, key: nodes.Scalar, near: str | None, legal: tuple[str, ...]
) -> Diagnostic:
    return rules.statements.UnknownProperty(
        span=key.span,
        owner=owner,
        key=key.text,
        near=near,
        legal=legal,
        fix=None if near is None else Fix(key.span, near),
    )


def describe_repeat(key: nodes.Scalar, first: nodes.Scalar) -> Diagnostic:
    """Describe a key that appears twice in a mapping."""
    label = Label(first.span, "first given here")
    return rules.yaml.RepeatedKey(span=key.span, key=key.text, related=(label,))
