"""Checked statements to one spec, with placeholders for what is broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from snnc.language import tree
from snnc.language.base import Model
from snnc.language.forms import VALUES
from snnc.language.keywords import KINDS
from snnc.language.model import DefaultsSpec, Place, Spec
from snnc.language.statements import InputSpec, LoihiTarget, ReadoutSpec, TimingSpec
from snnc.passes.validate.order import is_layer
from snnc.passes.validate.parts import head
from snnc.source import Span


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement with its model, which is None if it has an error.

    ``named`` is False if the statement's name is another one's.
    """

    statement: tree.Statement
    model: Model | None
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
    keys = {p.key.text: p.value.span for p in statement.properties or ()}
    for part in VALUES:
        node = getattr(statement, part)
        if node is not None:
            keys[part] = node.span
    return keys


class Assembly:
    """Sorts checked statements into the parts of a spec."""

    def __init__(self, checked: Sequence[Checked], network: Span) -> None:
        self._checked = checked
        self._nowhere = Place(network, None, {}, ())
        self.layers = list(_layers(checked))
        self.defaults = [c for c in checked if isinstance(c.model, DefaultsSpec)]

    def spec(self, network: str) -> Spec:
        """The spec, built without checking its checked parts again."""
        return Spec.model_construct(
            network=network,
            about=self._about(),
            target=self._model("target") or LoihiTarget(),
            timing=self._model("timing") or TimingSpec(),
            defaults=tuple(c.model for c in self.defaults),
            input=self._model("input") or self._input(),
            layers=tuple(c.model for c in self.layers),
            readout=self._model("readout") or self._readout(),
            train=self._model("train"),
        )

    def place(self, kind: str) -> Place:
        """Where a statement is written; the network's name if it is not."""
        checked = self._one(kind)
        return self._nowhere if checked is None else checked.place

    @property
    def broken(self) -> frozenset[str]:
        """Names of which only the name is known."""
        names = {self._name("input"), self._name("readout")}
        known = {c.statement.name.text for c in self._sound() if c.statement.name}
        names |= {
            c.statement.name.text
            for c in self._checked
            if c.model is None and c.statement.name is not None
        }
        return frozenset(names - known)

    @property
    def defaults_sound(self) -> bool:
        return all(
            c.model is not None
            for c in self._checked
            if c.statement.kind.text in ("defaults", "neuron")
        )

    def _sound(self) -> Iterable[Checked]:
        return (c for c in self._checked if c.model is not None)

    def _one(self, kind: str) -> Checked | None:
        """The sound statement of a kind, else the first one."""
        of_kind = [c for c in self._checked if c.statement.kind.text == kind]
        sound = [c for c in of_kind if c.model is not None]
        return next(iter(sound or of_kind), None)

    def _model(self, kind: str) -> Any:
        checked = self._one(kind)
        return None if checked is None else checked.model

    def _name(self, kind: str) -> str:
        """Return the name of the input or readout, or its kind if it has none."""
        checked = self._one(kind)
        if checked is None or checked.statement.name is None or not checked.named:
            return kind
        return checked.statement.name.text

    def _about(self) -> str:
        checked = self._one("about")
        text = checked.statement.text if checked else None
        return text.value if text else ""

    def _input(self) -> InputSpec:
        return InputSpec.model_construct(
            name=self._name("input"), shape=(1,), within=(0.0, 1.0), mapped=None
        )

    def _readout(self) -> ReadoutSpec:
        return ReadoutSpec.model_construct(name=self._name("readout"), units=1)


def _layers(checked: Sequence[Checked]) -> Iterator[Checked]:
    """Layers, and statements of an unknown kind that may be meant as layers.

    What stands before the input says something of the network, as a title does.
    """
    has_input = any(c.statement.kind.text == "input" for c in checked)
    behind = not has_input
    for item in checked:
        behind = behind or item.statement.kind.text == "input"
        unknown = item.statement.kind.text not in KINDS
        if is_layer(item.statement) or (unknown and behind):
            yield item
