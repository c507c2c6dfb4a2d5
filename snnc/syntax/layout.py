"""What the formatter arranges: the lines that a spec could have at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snnc.source import Span
from snnc.syntax import tree
from snnc.syntax.spelling import quoted, scalar, span_of_values
from snnc.syntax.words import BEGINNINGS


@dataclass(frozen=True, slots=True)
class Item:
    """A statement, a property or a list's item: a line, or a part of one.

    ``head`` ends with the opening bracket where ``inner`` is not None; ``open`` items
    never stand on one line.
    """

    head: str
    span: Span
    inner: tuple[Item, ...] | None = None
    closer: str = ""
    open: bool = False

    @property
    def flat(self) -> str:
        """The item on one line."""
        if self.inner is None:
            return self.head
        within = ", ".join(item.flat for item in self.inner)
        blank = " " if self.closer == "}" and within else ""
        return f"{self.head}{blank}{within}{blank}{self.closer}"

    @property
    def begins_statement(self) -> bool:
        """Whether a reader would take it for a statement where it begins a line."""
        return self.head.split(",")[0] in BEGINNINGS


def statement_item(statement: tree.Statement) -> Item:
    """Lay out a statement; `train` always has a line for each property."""
    head = " ".join(_heading(statement))
    if statement.properties is None:
        return Item(head, statement.span)
    is_train = statement.kind.text == "train"
    return _block(head, statement.properties, statement.span, is_train)


def _heading(statement: tree.Statement) -> Iterator[str]:
    words = (statement.kind, statement.variant, statement.name)
    yield from (word.text for word in words if word is not None)
    if statement.text is not None:
        yield quoted(statement.text.value)
    if statement.shape is not None:
        yield scalar(statement.shape)
    if statement.within is not None:
        yield f"in {span_of_values(statement.within)}"
    if statement.mapped is not None:
        yield f"as {span_of_values(statement.mapped)}"
    if statement.sources:
        yield "from " + ", ".join(source.text for source in statement.sources)


def _block(
    head: str, properties: Iterable[tree.Property], span: Span, is_open: bool = False
) -> Item:
    inner = tuple(_value(f"{p.key.text} ", p.value, p.span) for p in properties)
    return Item(f"{head} {{", span, inner, "}", is_open and bool(inner))


def _value(before: str, value: tree.Value, span: Span) -> Item:
    """Lay out a value and the key in front of it."""
    if isinstance(value, tree.Group):
        return _block(f"{before}{value.name.text}", value.properties, span)
    if isinstance(value, tree.List):
        items = (_value("", item, item.span) for item in value.items)
        return Item(f"{before}[", span, tuple(_joined(items)), "]")
    return Item(before + scalar(value), span)


def _joined(items: Iterable[Item]) -> Iterator[Item]:
    """Join words that can't begin a line to the items in front of them."""
    held: Item | None = None
    for item in items:
        if held is not None and item.begins_statement:
            held = Item(f"{held.flat}, {item.head}", held.span.to(item.span))
            continue
        if held is not None:
            yield held
        held = item
    if held is not None:
        yield held
