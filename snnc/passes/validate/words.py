"""Words of a statement that are unknown, refused or given twice."""

from __future__ import annotations

from collections.abc import Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic, Label, Report
from snnc.language import tree
from snnc.language.forms import BLOCKLESS, legal_keys, owner_of
from snnc.language.keywords import KINDS, REFUSED, VARIANTS

_AXIS_WORDS = frozenset(("axis", "axes", "over"))


def check_head(statement: tree.Statement, report: Report) -> bool:
    """Whether kind and variant are known; reported where they are not."""
    problem = _head_problem(statement)
    if problem is not None:
        report.add(problem)
    return problem is None


def _head_problem(statement: tree.Statement) -> Diagnostic | None:
    kind, variant = statement.kind, statement.variant
    if kind.text not in KINDS:
        from snnc.vocabulary.strangers import unknown_kind  # a good spec has none

        return unknown_kind(statement)
    variants = VARIANTS.get(kind.text, ())
    if variant is None:
        if not variants or kind.text == "defaults":
            return None
        return rules.misplaced.MissingVariant(
            span=kind.span, kind=kind.text, known=variants
        )
    if variant.text in variants:
        return None
    return _unknown_variant(kind, variant, variants)


def _unknown_variant(
    kind: tree.Word, variant: tree.Word, variants: tuple[str, ...]
) -> Diagnostic | None:
    from snnc.vocabulary.synonyms import fix_word, nearest  # a good spec has none

    if kind.text == "neuron" and (problem := _refused(variant, "value")):
        return problem
    if variant.text in REFUSED:
        return _refused(variant, "value")
    return rules.misplaced.UnknownVariant(
        span=variant.span,
        kind=kind.text,
        word=variant.text,
        near=nearest(variant.text, variants),
        known=variants,
        fix=fix_word(variant.span, variant.text, variants),
    )


def _refused(word: tree.Word, place: str) -> Diagnostic | None:
    from snnc.vocabulary.strangers import refused  # a good spec need not wait for it

    return refused(word, place)


def check_properties(
    statement: tree.Statement, report: Report
) -> dict[str, tree.Property]:
    """The properties of a statement by key, without those that are wrong."""
    by_key = dict[str, tree.Property]()
    legal = legal_keys(statement)
    if statement.kind.text in BLOCKLESS:
        return by_key  # reported as one block too many
    for item in statement.properties or ():
        if report.full:
            break
        problem = _repeated(item, by_key) or _property_problem(statement, item, legal)
        problem = problem or _nested_problem(item)
        if problem is None:
            by_key[item.key.text] = item
            continue
        report.add(problem)
    return by_key


def _repeated(
    item: tree.Property, by_key: dict[str, tree.Property]
) -> Diagnostic | None:
    first = by_key.get(item.key.text)
    if first is None:
        return None
    return rules.names.RepeatedProperty(
        span=item.key.span,
        key=item.key.text,
        related=(Label(first.key.span, "given first here"),),
    )


def _property_problem(
    statement: tree.Statement, item: tree.Property, legal: tuple[str, ...]
) -> Diagnostic | None:
    key = item.key
    if key.text in ("neuron", "activation") and (problem := _refused_neuron(item)):
        return problem
    if key.text in legal:
        return None
    if problem := _refused(key, "property"):
        return problem
    if statement.kind.text == "dense" and key.text in _AXIS_WORDS:
        return rules.refused.DenseOverAxis(span=key.span, key=key.text)
    from snnc.passes.validate.unknown import unknown_property  # a good spec has none

    return unknown_property(
        item, owner_of(statement), legal, statement.properties or ()
    )


def _refused_neuron(item: tree.Property) -> Diagnostic | None:
    """What is wrong with an activation that no neuron has."""
    word = next(_words(item.value), None)
    if word is None or word.text in VARIANTS["neuron"]:
        return None
    return _refused(word, "value")


def _words(value: tree.Value) -> Iterator[tree.Word]:
    if isinstance(value, tree.Word):
        yield value
    if isinstance(value, tree.Group):
        yield value.name


def _nested_problem(item: tree.Property) -> Diagnostic | None:
    """What is given twice or refused inside ``adam { ... }``."""
    if not isinstance(item.value, tree.Group):
        return None
    by_key = dict[str, tree.Property]()
    for inner in item.value.properties:
        if problem := _repeated(inner, by_key) or _nested_problem(inner):
            return problem
        if inner.key.text in REFUSED:
            return _refused(inner.key, "property")
        by_key[inner.key.text] = inner
    return None
