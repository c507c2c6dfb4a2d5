"""Convert the syntax tree to a spec: check single statements, then the whole.

Errors are reported, and statements with errors are omitted. To avoid follow-up errors,
their names are marked as broken, and their positions among the layers are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from math import prod
from typing import Any, NamedTuple

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label
from snnc.language import model, tree
from snnc.language.editions import NEWEST
from snnc.language.keywords import FORMS, KINDS, VALUES, in_edition
from snnc.language.model import DefaultsSpec, Place, ValidatedSpec
from snnc.language.readers import why_no_package
from snnc.passes.validate.statement import check_statement, describe_repeat
from snnc.source import Span
from snnc.text.tables import dims

Statements = Sequence[tree.Statement]

_PARTS = ("input", "readout", "target", "timing", "train")
"""The kinds of statements that a spec may have once, besides `about`."""


def validate(document: tree.Document, report: Diagnostics) -> ValidatedSpec:
    """Check each statement, and the number, order and names of statements."""
    word = document.network
    network = Span(document.span.source, 0, 0) if word is None else word.span
    report.add(*_find_wrong_name(word))
    checked = _check_all(document, network, report)
    by_kind = _best_by_kind(checked)
    parts = _places_of_parts(by_kind, network)
    names = {kind: _name(parts[kind], kind) for kind in ("input", "readout")}
    edition = _edition_of(document)
    layers = list(_layers(checked))
    defaults = [item for item in checked if isinstance(item.model, DefaultsSpec)]
    return ValidatedSpec(
        spec=model.NetworkSpec(
            snn=edition,
            network="network" if word is None else word.text,
            about=_about(by_kind),
            defaults=tuple(item.model for item in defaults),
            layers=tuple(item.model for item in layers),
            **_single_models(by_kind, names, edition),
        ),
        places=tuple(item.place for item in layers),
        defaults=tuple(item.place for item in defaults),
        broken=_broken(checked, names.values()),
        defaults_sound=all(map(_has_sound_defaults, checked)),
        span=network,
        parts=parts,
    )


def _find_wrong_name(network: tree.Word | None) -> Iterator[Diagnostic]:
    """Yield a diagnostic if a network's name can't be a package."""
    reason = "" if network is None else why_no_package(network.text)
    if network is not None and reason:
        yield rules.statements.InvalidName(
            span=network.span, name=network.text, reason=reason, example="my_network"
        )


def _best_by_kind(checked: Sequence[Checked]) -> dict[str, Checked]:
    """Return the first valid statement of each kind, otherwise its first statement."""
    by_kind: dict[str, Checked] = {}
    # The sort is stable: valid statements first, each in the order of the file.
    for item in sorted(checked, key=lambda item: item.model is None):
        by_kind.setdefault(item.kind, item)
    return by_kind


def _places_of_parts(by_kind: Mapping[str, Checked], network: Span) -> dict[str, Place]:
    """Return the positions of `_PARTS`, by default the network's name."""
    nowhere = Place(network, None, {}, ())
    return {
        kind: by_kind[kind].place if kind in by_kind else nowhere for kind in _PARTS
    }


def _has_sound_defaults(item: Checked) -> bool:
    return item.model is not None or item.kind not in ("defaults", "neuron")


def _about(by_kind: Mapping[str, Checked]) -> str:
    text = by_kind["about"].statement.text if "about" in by_kind else None
    return "" if text is None else text.value


def _single_models(
    by_kind: Mapping[str, Checked], names: Mapping[str, str], edition: int
) -> dict[str, Any]:
    """Return the models of the statements that a spec has once.

    Missing and broken statements have default models, with ``names``.
    """
    given = model.InputSpec(name=names["input"], shape=(1,), within=(0.0, 1.0))
    readout = model.ReadoutSpec(name=names["readout"], units=1)
    models: dict[str, Any] = {
        "target": model.LoihiTarget(),
        "timing": in_edition(model.TimingSpec(), (), edition),
        "input": given,
        "readout": in_edition(readout, (), edition),
        "train": None,
    }
    for kind in models:
        if kind in by_kind and by_kind[kind].model is not None:
            models[kind] = by_kind[kind].model
    return models


def _edition_of(document: tree.Document) -> int:
    """Return the edition; the newest one if the spec does not name it."""
    return NEWEST if document.edition is None else int(document.edition.value)


def _name(place: Place, kind: str) -> str:
    """Return the name of a statement; without one, its kind."""
    return place.name.text if place.name else kind


def _check_all(
    document: tree.Document, network: Span, report: Diagnostics
) -> list[Checked]:
    statements = document.statements
    if report.full or (document.network is None and not statements):
        return []
    misplaced = dict(find_misplaced(statements))
    repeated = dict(find_repeated_names(statements))
    edition = _edition_of(document)
    report.add(*misplaced.values(), *find_absent(statements, network))
    report.add(*repeated.values())
    checked = []
    for index, statement in enumerate(statements):
        if report.full:
            break
        # Check misplaced statements too, so that one run reports all errors.
        model_of_statement = check_statement(statement, report, statements)
        if index in misplaced or index in repeated:
            model_of_statement = None
        if model_of_statement is not None:
            model_of_statement = in_edition(
                model_of_statement, _values_of(statement), edition
            )
        place = _place(statement, named=index not in repeated)
        checked.append(Checked(statement, model_of_statement, place))
    report.add(*find_repeated_defaults(statements))
    return checked


class Checked(NamedTuple):
    """A statement with its model, which is None if the statement has an error."""

    statement: tree.Statement
    model: Any
    place: Place

    @property
    def kind(self) -> str:
        return self.statement.kind.text


def _place(statement: tree.Statement, *, named: bool) -> Place:
    """Return the position; ``named`` is False if another statement has the name."""
    parts = {part: getattr(statement, part) for part in VALUES}
    keys = {key: value.span for key, value in _values_of(statement).items()}
    keys |= {part: node.span for part, node in parts.items() if node is not None}
    name = statement.name.span if statement.name and named else None
    sources = tuple(word.span for word in statement.sources)
    return Place(statement.head, name, keys, sources)


def _broken(checked: Iterable[Checked], ends: Iterable[str]) -> frozenset[str]:
    """Return the names of broken statements, and of a missing input or readout."""
    sound: set[str] = set()
    broken = set(ends)
    for item in checked:
        name = item.statement.name
        if name is not None:
            (broken if item.model is None else sound).add(name.text)
    return frozenset(broken - sound)


def _layers(checked: Sequence[Checked]) -> Iterator[Checked]:
    """Yield layers, and statements of unknown kinds that may be meant as layers.

    An unknown statement before the input is not a layer; it may be a title.
    """
    kinds = [item.kind for item in checked]
    first = kinds.index("input") if "input" in kinds else 0
    for index, item in enumerate(checked):
        if item.kind in _LAYERS or (item.kind not in KINDS and index >= first):
            yield item


_ONCE = frozenset(kind for kind, form in FORMS.items() if form.once)
_NAMED = frozenset(kind for kind, form in FORMS.items() if form.name != "none")
_LAYERS = frozenset(kind for kind, form in FORMS.items() if form.is_layer)


def _refuse_second(first: tree.Statement, second: tree.Statement) -> Diagnostic:
    """Refuse a statement of a kind that a spec has once."""
    if first.kind.text == "input":
        return _refuse_input(first, second)
    return rules.statements.RepeatedStatement(
        span=second.head,
        kind=first.kind.text,
        related=(Label(first.head, "first written here"),),
    )


def _refuse_input(first: tree.Statement, second: tree.Statement) -> Diagnostic:
    """Refuse a second input, and say how to stack it on the first."""
    related = (Label(first.head, "first written here"),)
    problem = rules.refused.SeveralInputs(span=second.head, related=related)
    inputs = [(_sizes(each), _quoted_name(each)) for each in (first, second)]
    if any(not sizes for sizes, _ in inputs):
        return problem
    (small, small_name), (large, large_name) = sorted(
        inputs, key=lambda one: (len(one[0]), prod(one[0]))
    )
    shape = dims((*large[:-1], small[-1] + large[-1]))
    first_step = ""
    if len(small) == 1 < len(large):
        first_step = f"repeat {small_name} at each position of {large_name}, then "
    elif small[:-1] != large[:-1]:
        first_step = f"resize {small_name} to the size of {large_name}, then "
    return problem.but(shape=shape, first_step=first_step)


def _sizes(statement: tree.Statement) -> tuple[int, ...]:
    """Return the shape in a statement; empty if it has none, or an invalid one."""
    shape = statement.shape
    if isinstance(shape, tree.Dims):
        return shape.values
    is_size = isinstance(shape, tree.Number) and isinstance(shape.value, int)
    return (int(shape.value),) if is_size and shape is not None else ()


def _quoted_name(statement: tree.Statement) -> str:
    return f"`{statement.name.text}`" if statement.name else "one array"


def find_misplaced(statements: Statements) -> Iterator[tuple[int, Diagnostic]]:
    """Yield the indices of statements that are repeated or out of order."""
    first: dict[str, tree.Statement] = {}
    layer: tree.Statement | None = None  # the first one
    for index, statement in enumerate(statements):
        kind = statement.kind.text
        if kind in first and kind in _ONCE:
            yield index, _refuse_second(first[kind], statement)
        else:
            problem = _out_of_place(statement, layer, first.get("readout"))
            if problem is not None:
                yield index, problem
        first.setdefault(kind, statement)
        if layer is None and kind in _LAYERS:
            layer = statement


def _out_of_place(
    statement: tree.Statement,
    layer: tree.Statement | None,
    readout: tree.Statement | None,
) -> Diagnostic | None:
    """Describe a statement that must be before the first layer or the readout."""
    kind = statement.kind.text
    if kind in ("defaults", "neuron", "input") and layer is not None:
        where = "after the first layer"
        before = layer
        there = "before the layers"
        label = "the first layer"
    elif kind in _LAYERS and readout is not None:
        where = "after the readout"
        before = readout
        there = "before the readout"
        label = "the readout"
    else:
        return None
    return rules.statements.OutOfPlace(
        span=statement.head,
        kind=kind,
        where=where,
        there=there,
        related=(Label(before.head, label),),
    )


def find_absent(statements: Statements, network: Span) -> Iterator[Diagnostic]:
    """Yield diagnostics for a missing input or readout, unless a kind is unknown."""
    kinds = {statement.kind.text for statement in statements}
    # The statement with an unknown kind may be the one that is missing.
    if not kinds <= FORMS.keys():
        return
    for kind in ("input", "readout"):
        if kind in kinds:
            continue
        fix = _meant_as_readout(statements) if kind == "readout" else None
        hint = f"write, for example, `{FORMS[kind].example}`"
        if fix is not None:
            name = fix.replacement.split()[1]
            hint = f"write `{fix.replacement}` instead of `dense {name}`"
            fix = None if network.source.is_yaml else fix
        yield rules.statements.MissingStatement(
            span=network, kind=kind, advice=hint, fix=fix
        )


_LAST = re.compile(r"(out|logit|pred|class|label|softmax|head)", re.IGNORECASE)


def _meant_as_readout(statements: Statements) -> Fix | None:
    """Write the last layer as a readout, if it was probably meant as a readout."""
    layers = (s for s in reversed(statements) if s.kind.text in _LAYERS)
    last = next(layers, None)
    if last is None or last.kind.text != "dense" or last.name is None:
        return None
    values = _values_of(last)
    units = values.get("units")
    is_meant = "activation" in values or _LAST.match(last.name.text)
    if not is_meant or not isinstance(units, tree.Number):
        return None
    line = f"readout {last.name.text} {{ classes {units.span.text} }}"
    return Fix(last.span, line, unsafe=True)


def _values_of(statement: tree.Statement) -> dict[str, tree.Value]:
    return {item.key.text: item.value for item in statement.properties or ()}


def find_repeated_names(statements: Statements) -> Iterator[tuple[int, Diagnostic]]:
    """Yield the indices of statements whose names are already taken."""
    taken = {statement.name.text for statement in statements if statement.name}
    firsts: dict[str, tree.Word] = {}
    for index, statement in enumerate(statements):
        name = statement.name
        if name is None or statement.kind.text not in _NAMED:
            continue
        first = firsts.setdefault(name.text, name)
        if first is not name:
            numbered = (f"{name.text}_{number}" for number in count(2))
            problem = rules.statements.RepeatedName(
                span=name.span,
                name=name.text,
                free=next(other for other in numbered if other not in taken),
                related=(Label(first.span, "first used here"),),
            )
            yield index, problem


def find_repeated_defaults(statements: Statements) -> Iterator[Diagnostic]:
    """Yield properties that two `defaults` set for the same layers."""
    first: dict[tuple[str, str], tree.Word] = {}
    for statement in statements:
        if statement.broken:
            continue
        scope, keys = _defaults_of(statement)
        # The first of each key: a statement that repeats a key is reported elsewhere.
        for text, key in {key.text: key for key in reversed(keys)}.items():
            before = first.setdefault((scope, text), key)
            if before is not key:
                yield describe_repeat(key, before)


def _defaults_of(statement: tree.Statement) -> tuple[str, list[tree.Word]]:
    """Return the kind of layer to which defaults apply, and their keys."""
    if statement.kind.text == "neuron":
        return "", [statement.kind]
    if statement.kind.text != "defaults":
        return "", []
    scope = statement.variant.text if statement.variant else ""
    return scope, [item.key for item in statement.properties or ()]
