"""Convert the syntax tree to a spec: check single statements, then the whole.

Errors are reported, and statements with errors are omitted. To avoid follow-up errors,
their names are marked as broken, and their positions among the layers are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        invalid, example = rules.names.InvalidName, "my_network"
        span, name = word.span, word.text
        report.add(invalid(span=span, name=name, reason=reason, example=example))
    network = Span(document.span.source, 0, 0) if word is None else word.span
    assembly = Assembly(_check_all(document, network, report), network)
    return ValidatedSpec(
        spec=assembly.spec("network" if word is None else word.text),
        places=tuple(c.place for c in assembly.layers),
        input=assembly.place("input"),
        readout=assembly.place("readout"),
        target=assembly.place("target"),
        timing=assembly.place("timing"),
        train=assembly.place("train"),
        defaults=tuple(c.place for c in assembly.defaults),
        broken=assembly.broken,
        defaults_sound=assembly.defaults_sound,
        sound=report.errors == 0,
        span=network,
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
    def place(self) -> Place:
        statement = self.statement
        name = statement.name if self.named else None
        return Place(
            span=head(statement),
            name=None if name is None else name.span,
            keys=_keys(statement),
            sources=tuple(word.span for word in statement.sources),
        )


def _keys(statement: tree.Statement) -> dict[str, Span]:
    parts = {part: getattr(statement, part) for part in VALUES}
    return {
        **{item.key.text: item.value.span for item in statement.properties or ()},
        **{part: node.span for part, node in parts.items() if node is not None},
    }


class Assembly:
    """Sorts checked statements into the parts of a spec."""

    def __init__(self, checked: Sequence[Checked], network: Span) -> None:
        self._checked = checked
        self._nowhere = Place(network, None, {}, ())
        # The valid statement of each kind, otherwise its first statement.
        self._by_kind: dict[str, Checked] = {}
        for item in sorted(checked, key=lambda item: item.model is None):
            self._by_kind.setdefault(item.statement.kind.text, item)
        self.layers = list(_layers(checked))
        self.defaults = [c for c in checked if isinstance(c.model, DefaultsSpec)]

    def spec(self, network: str) -> NetworkSpec:
        """Return the spec made of the checked parts."""
        first = self._by_kind.get("about")
        about = first.statement.text if first else None
        return NetworkSpec(
            network=network,
            about=about.value if about else "",
            target=self._model("target") or LoihiTarget(),
            timing=self._model("timing") or TimingSpec(),
            defaults=tuple(c.model for c in self.defaults),
            input=self._model("input")
            or InputSpec(name=self._name("input"), shape=(1,), within=(0.0, 1.0)),
            layers=tuple(c.model for c in self.layers),
            readout=self._model("readout")
            or ReadoutSpec(name=self._name("readout"), units=1),
            train=self._model("train"),
        )

    def place(self, kind: str) -> Place:
        """Return the position of a statement, or else of the network's name."""
        checked = self._by_kind.get(kind)
        return self._nowhere if checked is None else checked.place

    @property
    def broken(self) -> frozenset[str]:
        """The names of broken statements."""
        named = [(c, c.statement.name.text) for c in self._checked if c.statement.name]
        names = {name for checked, name in named if checked.model is None}
        names |= {self._name("input"), self._name("readout")}
        return frozenset(names - {name for c, name in named if c.model is not None})

    @property
    def defaults_sound(self) -> bool:
        return all(
            c.model is not None
            for c in self._checked
            if c.statement.kind.text in ("defaults", "neuron")
        )

    def _model(self, kind: str) -> Any:
        checked = self._by_kind.get(kind)
        return None if checked is None else checked.model

    def _name(self, kind: str) -> str:
        """Return the name of the input or readout, or its kind if it is unnamed."""
        checked = self._by_kind.get(kind)
        if checked is None or checked.statement.name is None or not checked.named:
            return kind
        return checked.statement.name.text


def _layers(checked: Sequence[Checked]) -> Iterator[Checked]:
    """Yield layers, and statements of unknown kinds that may be meant as layers.

    An unknown statement before the input is not a layer; it may be a title, for
    example.
    """
    kinds = [item.statement.kind.text for item in checked]
    first = kinds.index("input") if "input" in kinds else 0
    for index, (item, kind) in enumerate(zip(checked, kinds, strict=True)):
        if is_layer(item.statement) or (kind not in KINDS and index >= first):
            yield item
