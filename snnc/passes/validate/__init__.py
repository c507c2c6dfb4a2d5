"""Convert the syntax tree to a spec: check single statements, then the whole.

Errors are reported, and statements with errors are omitted. To avoid follow-up errors,
their names are marked as broken, and their positions among the layers are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from snnc import rules
from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.language.keywords import KINDS, VALUES
from snnc.language.model import (
    DefaultsSpec,
    InputSpec,
    LoihiTarget,
    NetworkSpec,
    Place,
    ReadoutSpec,
    TimingSpec,
    ValidatedSpec,
)
from snnc.language.names import why_no_package
from snnc.passes.validate.statement import check_statement
from snnc.passes.validate.structure import (
    find_absent,
    find_misplaced,
    find_repeated_defaults,
    find_repeated_names,
    head,
    is_layer,
)
from snnc.source import Span


def validate(document: tree.Document, report: Diagnostics) -> ValidatedSpec:
    """Check each statement, and the number, order and names of statements."""
    word = document.network
    if word is not None and (reason := why_no_package(word.text)):
        invalid, example = rules.statements.InvalidName, "my_network"
        span, name = word.span, word.text
        report.add(invalid(span=span, name=name, reason=reason, example=example))
    network = Span(document.span.source, 0, 0) if word is None else word.span
    checked = _check_all(document, network, report)
    # The valid statement of each kind, otherwise its first statement.
    by_kind: dict[str, Checked] = {}
    for item in sorted(checked, key=lambda item: item.model is None):
        by_kind.setdefault(item.kind, item)
    models = {kind: item.model for kind, item in by_kind.items()}
    places = {kind: item.place for kind, item in by_kind.items()}
    names = {part: part for part in ("input", "readout")}
    names |= {part: by_kind[part].name or part for part in names if part in by_kind}
    layers = list(_layers(checked))
    defaults = [item for item in checked if isinstance(item.model, DefaultsSpec)]
    about = by_kind["about"].statement.text if "about" in by_kind else None
    nowhere = Place(network, None, {}, ())
    parts: dict[str, Any] = {
        part: places.get(part, nowhere)
        for part in ("input", "readout", "target", "timing", "train")
    }
    return ValidatedSpec(
        spec=NetworkSpec(
            network="network" if word is None else word.text,
            about=about.value if about else "",
            target=models.get("target") or LoihiTarget(),
            timing=models.get("timing") or TimingSpec(),
            defaults=tuple(item.model for item in defaults),
            input=models.get("input")
            or InputSpec(name=names["input"], shape=(1,), within=(0.0, 1.0)),
            layers=tuple(item.model for item in layers),
            readout=models.get("readout")
            or ReadoutSpec(name=names["readout"], units=1),
            train=models.get("train"),
        ),
        places=tuple(item.place for item in layers),
        defaults=tuple(item.place for item in defaults),
        broken=_broken(checked, names.values()),
        defaults_sound=all(
            item.model is not None
            for item in checked
            if item.kind in ("defaults", "neuron")
        ),
        sound=report.errors == 0,
        span=network,
        **parts,
    )


def _check_all(
    document: tree.Document, network: Span, report: Diagnostics
) -> list[Checked]:
    statements = document.statements
    if report.full or (document.network is None and not statements):
        return []
    misplaced = dict(find_misplaced(statements))
    repeated = dict(find_repeated_names(statements))
    report.add(*misplaced.values(), *find_absent(statements, network))
    report.add(*repeated.values())
    checked = []
    for index, statement in enumerate(statements):
        if report.full:
            break
        model = check_statement(statement, report, statements)
        sound = index not in misplaced and index not in repeated
        checked.append(
            Checked(statement, model if sound else None, named=index not in repeated)
        )
    report.add(*find_repeated_defaults(statements))
    return checked


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement with its model, which is None if the statement has an error.

    ``named`` is False if an earlier statement has the same name.
    """

    statement: tree.Statement
    model: Any
    named: bool

    @property
    def kind(self) -> str:
        return self.statement.kind.text

    @property
    def name(self) -> str | None:
        """The statement's own name, if no earlier statement has it."""
        name = self.statement.name
        return name.text if name is not None and self.named else None

    @property
    def place(self) -> Place:
        statement = self.statement
        parts = {part: getattr(statement, part) for part in VALUES}
        keys = {item.key.text: item.value.span for item in statement.properties or ()}
        keys |= {part: node.span for part, node in parts.items() if node is not None}
        return Place(
            span=head(statement),
            name=statement.name.span if statement.name and self.named else None,
            keys=keys,
            sources=tuple(word.span for word in statement.sources),
        )


def _broken(checked: Iterable[Checked], ends: Iterable[str]) -> frozenset[str]:
    """Return the names of broken statements, and of a missing input or readout."""
    named = [(item.model, item.statement.name) for item in checked]
    sound = {name.text for model, name in named if name and model is not None}
    broken = {name.text for model, name in named if name and model is None}
    return frozenset(broken.union(ends) - sound)


def _layers(checked: Sequence[Checked]) -> Iterator[Checked]:
    """Yield layers, and statements of unknown kinds that may be meant as layers.

    An unknown statement before the input is not a layer; it may be a title, for
    example.
    """
    kinds = [item.kind for item in checked]
    first = kinds.index("input") if "input" in kinds else 0
    for index, item in enumerate(checked):
        if is_layer(item.statement) or (item.kind not in KINDS and index >= first):
            yield item
