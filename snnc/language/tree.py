"""The syntax tree of a spec, with positions, before any semantic checks.

Both notations, ``.snn`` and YAML, are parsed into this tree.
"""

from __future__ import annotations

from dataclasses import dataclass

from snnc.source import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: a kind, a key, a name, a unit, ``on``, ``off``, ``auto``."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or a float without a unit."""

    value: int | float
    span: Span


@dataclass(frozen=True, slots=True)
class Dims:
    """Integers joined by ``x``, such as ``3x3x3``; a single integer is a `Number`."""

    values: tuple[int, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit: ``5 ms``, ``150 Hz``."""

    value: int | float
    unit: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """``20..150 Hz``, ``..250``, ``-1..1``; a missing end is None."""

    low: int | float | None
    high: int | float | None
    unit: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string, with its escapes resolved."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class List:
    """``[a, b]``."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """A name with its own properties: ``adam { learning_rate 1e-3 }``."""

    name: Word
    properties: tuple[Property, ...]
    span: Span


Value = Word | Number | Dims | Quantity | Range | Text | List | Group


@dataclass(frozen=True, slots=True)
class Property:
    """``key value`` inside a block."""

    key: Word
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Statement:
    """``KIND [VARIANT] [NAME] [SHAPE] [in RANGE [as RANGE]] [from A, B] [{ ... }]``.

    ``variant`` is the second word of statements such as ``target loihi``, ``encode
    conv`` and ``defaults conv3d``. ``text`` is the string after ``about``.
    ``properties`` is None if the statement has no block. A ``broken`` statement could
    not be parsed: only its kind, variant and name are known.
    """

    kind: Word
    span: Span
    variant: Word | None = None
    name: Word | None = None
    text: Text | None = None
    shape: Dims | Number | None = None
    within: Range | None = None
    mapped: Range | None = None
    sources: tuple[Word, ...] = ()
    properties: tuple[Property, ...] | None = None
    broken: bool = False

    @property
    def head(self) -> Span:
        """The span from the kind to the name."""
        last = self.name or self.variant or self.kind
        return self.kind.span.to(last.span)


@dataclass(frozen=True, slots=True)
class Comment:
    """The text of a comment, without ``#``, the space after it, and trailing spaces.

    ``trailing`` says whether there is other text before the comment on its line.
    """

    text: str
    span: Span
    trailing: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A whole spec: its edition, the network's name and the statements in order.

    ``comments`` are in file order, and their spans show where they belong. ``layers``
    is the position of the `layers` key in a YAML file.
    """

    edition: Number | None
    network: Word | None
    statements: tuple[Statement, ...]
    span: Span
    comments: tuple[Comment, ...] = ()
    layers: Span | None = None
