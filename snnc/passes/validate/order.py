"""Statements against each other: how many, in which order, with which names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

from snnc import rules
from snnc.diagnostics import Diagnostic, Label, Report
from snnc.language import tree
from snnc.language.keywords import FORMS
from snnc.passes.validate.parts import head
from snnc.source import Span

_ONCE = frozenset(kind for kind, form in FORMS.items() if form.once)
_NAMED = frozenset(kind for kind, form in FORMS.items() if form.name != "none")
_ANY_LAYER = "a layer"
"""Stands for the kinds of layers; no kind is written so, not even an unknown one."""
_EXAMPLES = {kind: FORMS[kind].example for kind in ("input", "readout")}


def is_layer(statement: tree.Statement) -> bool:
    form = FORMS.get(statement.kind.text)
    return form is not None and form.is_layer


def check_order(
    statements: Sequence[tree.Statement], network: Span, report: Report
) -> frozenset[int]:
    """The indices of statements that are one too many, or out of place."""
    wrong: set[int] = set()
    for index, problem in _misplaced(statements):
        report.add(problem)
        wrong.add(index)
    for problem in _absent(statements, network):
        report.add(problem)
    return frozenset(wrong)


def _misplaced(
    statements: Sequence[tree.Statement],
) -> Iterator[tuple[int, Diagnostic]]:
    first: dict[str, tree.Statement] = {}
    for index, statement in enumerate(statements):
        kind = statement.kind.text
        if kind in first and kind in _ONCE:
            yield index, _repeated(statement, first[kind])
        elif problem := _out_of_place(statement, first):
            yield index, problem
        first.setdefault(_ANY_LAYER if is_layer(statement) else kind, statement)


def _repeated(statement: tree.Statement, first: tree.Statement) -> Diagnostic:
    kind = statement.kind.text
    related = (Label(head(first), "written first here"),)
    if kind == "input":
        return rules.refused.SeveralInputs(span=head(statement), related=related)
    return rules.names.RepeatedStatement(
        span=head(statement), kind=kind, related=related
    )


def _out_of_place(
    statement: tree.Statement, first: dict[str, tree.Statement]
) -> Diagnostic | None:
    kind = statement.kind.text
    if kind in ("defaults", "neuron", "input") and _ANY_LAYER in first:
        where, before = "after the first layer", first[_ANY_LAYER]
        there, label = "before the layers", "the first layer"
    elif is_layer(statement) and "readout" in first:
        where, before = "after the readout", first["readout"]
        there, label = "before the readout", "the readout"
    else:
        return None
    return rules.names.OutOfPlace(
        span=head(statement),
        kind=kind,
        where=where,
        there=there,
        related=(Label(head(before), label),),
    )


def _absent(
    statements: Sequence[tree.Statement], network: Span
) -> Iterator[Diagnostic]:
    """An input or readout that is missing, if no unread statement may be it."""
    kinds = {statement.kind.text for statement in statements}
    if not kinds <= FORMS.keys():
        return
    for kind, example in _EXAMPLES.items():
        if kind in kinds:
            continue
        meant = _meant_as_readout(statements) if kind == "readout" else ""
        last = f"dense {meant.split()[1]}" if meant else ""
        yield rules.names.MissingStatement(
            span=network, kind=kind, example=meant or example, instead_of=last
        )


_LAST = re.compile(r"(out|logit|pred|class|label|softmax|head)", re.IGNORECASE)


def _meant_as_readout(statements: Sequence[tree.Statement]) -> str:
    """The readout that the last layer was meant as; empty if that can't be told."""
    layers = [s for s in statements if is_layer(s)]
    last = layers[-1] if layers else None
    if last is None or last.kind.text != "dense" or last.name is None:
        return ""
    given = {p.key.text: p.value for p in last.properties or ()}
    units = given.get("units")
    named = _LAST.match(last.name.text) is not None
    if not isinstance(units, tree.Number) or not (named or "activation" in given):
        return ""
    return f"readout {last.name.text} {{ classes {units.span.text} }}"


def check_names(statements: Sequence[tree.Statement], report: Report) -> frozenset[int]:
    """The indices of statements whose name another one has already."""
    taken = {statement.name.text for statement in statements if statement.name}
    first: dict[str, tree.Word] = {}
    repeated: set[int] = set()
    for index, statement in enumerate(statements):
        name = statement.name
        if name is None or statement.kind.text not in _NAMED:
            continue
        if name.text not in first:
            first[name.text] = name
            continue
        repeated.add(index)
        report.add(_used_twice(name, first[name.text], taken))
    return frozenset(repeated)


def _used_twice(name: tree.Word, first: tree.Word, taken: set[str]) -> Diagnostic:
    numbered = (f"{name.text}_{number}" for number in count(2))
    free = next(candidate for candidate in numbered if candidate not in taken)
    return rules.names.RepeatedName(
        span=name.span,
        name=name.text,
        free=free,
        related=(Label(first.span, "used first here"),),
    )


def check_defaults(statements: Sequence[tree.Statement], report: Report) -> None:
    """Report a property that two `defaults` of the same layers give."""
    first: dict[tuple[str, str], tree.Word] = {}
    for statement in statements:
        if statement.broken or statement.kind.text not in ("defaults", "neuron"):
            continue
        for scope, key in _given(statement):
            before = first.setdefault((scope, key.text), key)
            if before is key:
                continue
            report.add(
                rules.names.RepeatedProperty(
                    span=key.span,
                    key=key.text,
                    related=(Label(before.span, "given first here"),),
                )
            )


def _given(statement: tree.Statement) -> Iterator[tuple[str, tree.Word]]:
    """The layers that a `defaults` is for, and each key that it gives."""
    if statement.kind.text == "neuron":
        yield "", statement.kind
        return
    scope = statement.variant.text if statement.variant else ""
    own: set[str] = set()
    for item in statement.properties or ():
        if item.key.text not in own:
            yield scope, item.key
        own.add(item.key.text)
