"""Words of a statement that are unknown, refused or given twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Label, Report
from snnc.passes.validate.forms import legal_keys, owner_of
from snnc.source import Span
from snnc.syntax import tree
from snnc.syntax.words import KINDS, REFUSED, VARIANTS

_OTHER_WORDS = {
    "activation": "neuron",
    "epoch": "epochs",
    "lr": "learning_rate",
    "pool": "window",
    "strides": "stride",
}
_AXIS_WORDS = frozenset(("axis", "axes", "over"))


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """The one legal word that a word is most likely meant to be."""
    legal = tuple(legal)
    other = _OTHER_WORDS.get(word)
    if other in legal:
        return other
    import difflib  # a good spec need not wait for it

    near = difflib.get_close_matches(word.lower(), legal, n=1)
    return near[0] if near else None


def fix_word(span: Span, word: str, legal: Iterable[str]) -> Fix | None:
    """Replace a word by the legal one, if there is no doubt which is meant."""
    legal = tuple(legal)
    other = _OTHER_WORDS.get(word)
    if other in legal:
        return Fix(span, other)
    from snnc.diagnostics.near import only_near  # a good spec need not wait for it

    near = only_near(word, legal)
    return None if near is None else Fix(span, near)


def refuse(word: tree.Word) -> Diagnostic:
    """Say why a refused word is refused."""
    return rules.refused.REFUSED[word.text](span=word.span, word=word.text)


def _refuse_max_pool(kind: tree.Word) -> Diagnostic:
    """Refuse max pooling; an average has the same properties, but is not the same."""
    fix = Fix(kind.span, "avgpool", unsafe=True)
    return rules.refused.MaxPool(span=kind.span, word=kind.text, fix=fix)


def check_head(statement: tree.Statement, report: Report) -> bool:
    """Whether kind and variant are known; reported where they are not."""
    problem = _head_problem(statement)
    if problem is not None:
        report.add(problem)
    return problem is None


def _head_problem(statement: tree.Statement) -> Diagnostic | None:
    kind, variant = statement.kind, statement.variant
    if kind.text == "maxpool":
        return _refuse_max_pool(kind)
    if kind.text in REFUSED:
        return refuse(kind)
    if kind.text not in KINDS:
        known = tuple(sorted(KINDS))
        near = nearest(kind.text, known)
        return rules.names.UnknownKind(
            span=kind.span,
            word=kind.text,
            near=near,
            known=known,
            fix=fix_word(kind.span, kind.text, known),
        )
    variants = VARIANTS.get(kind.text, ())
    if variant is None:
        if not variants or kind.text == "defaults":
            return None
        return rules.names.MissingVariant(
            span=kind.span, kind=kind.text, known=variants
        )
    if variant.text in variants:
        return None
    if variant.text in REFUSED:
        return refuse(variant)
    near = nearest(variant.text, variants)
    return rules.names.UnknownVariant(
        span=variant.span,
        kind=kind.text,
        word=variant.text,
        near=near,
        known=variants,
        fix=fix_word(variant.span, variant.text, variants),
    )


def check_properties(
    statement: tree.Statement, report: Report
) -> dict[str, tree.Property]:
    """The properties of a statement by key, without those that are wrong."""
    found = dict[str, tree.Property]()
    legal = legal_keys(statement)
    for item in statement.properties or ():
        problem = _repeated(item, found) or _property_problem(statement, item, legal)
        problem = problem or _nested_problem(item)
        if problem is None:
            found[item.key.text] = item
            continue
        report.add(problem)
    return found


def _repeated(
    item: tree.Property, found: dict[str, tree.Property]
) -> Diagnostic | None:
    first = found.get(item.key.text)
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
    if key.text in REFUSED:
        return refuse(key)
    if key.text in ("neuron", "activation"):
        for word in _words(item.value):
            if word.text in REFUSED:
                return refuse(word)
    if key.text in legal:
        return None
    if statement.kind.text == "dense" and key.text in _AXIS_WORDS:
        return rules.refused.DenseOverAxis(span=key.span, key=key.text)
    return unknown_property(key, owner_of(statement), legal)


def _words(value: tree.Value) -> Iterator[tree.Word]:
    if isinstance(value, tree.Word):
        yield value
    if isinstance(value, tree.Group):
        yield value.name


def unknown_property(key: tree.Word, owner: str, legal: tuple[str, ...]) -> Diagnostic:
    """Say that a statement, or a choice such as ``adam``, has no such property."""
    near = nearest(key.text, legal)
    return rules.names.UnknownProperty(
        span=key.span,
        owner=owner,
        key=key.text,
        near=near,
        legal=legal,
        fix=fix_word(key.span, key.text, legal),
    )


def _nested_problem(item: tree.Property) -> Diagnostic | None:
    """What is given twice or refused inside ``adam { ... }``."""
    if not isinstance(item.value, tree.Group):
        return None
    found = dict[str, tree.Property]()
    for inner in item.value.properties:
        if problem := _repeated(inner, found) or _nested_problem(inner):
            return problem
        if inner.key.text in REFUSED:
            return refuse(inner.key)
        found[inner.key.text] = inner
    return None
