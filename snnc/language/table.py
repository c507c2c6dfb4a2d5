"""The types of entries in the language table.

The table consists of the spec models: `statements` and `layers` list the properties of
each statement, and `properties` defines every property once. The entries below are
notes on these types and classes. Parsers, printers, the JSON Schema,
``docs/language.md``, editors and messages read these notes through `keywords` and
`fields`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Need = Literal["required", "optional", "none"]
Place = Literal["front", "encoder", "layer", "back"]


class ReadBy(NamedTuple):
    """The function that converts syntax to plain Python before the value is checked."""

    func: Callable[[Any], Any]


class Limits(NamedTuple):
    """The limits of a number: at least, greater than, at most, less than."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def to_dict(self) -> dict[str, float]:
        """Return the limits that are set, by name."""
        limits = self._asdict().items()
        return {name: limit for name, limit in limits if limit is not None}


class ValueWord(NamedTuple):
    """A word that is a value, a variant or a choice, such as ``same`` or ``adam``.

    Attributes
    ----------
    text
        The word.
    about
        The meaning: a sentence.
    """

    text: str
    about: str


class Key(NamedTuple):
    """A property: a note on the type of its values.

    Attributes
    ----------
    about
        The meaning: a sentence without a full stop.
    usual
        An example value, in ``.snn`` notation.
    words
        The descriptions of the words that the property accepts as values.
    """

    about: str
    usual: str
    words: tuple[ValueWord, ...] = ()


class StatementPart(NamedTuple):
    """A part before the block in ``.snn``, and a key in YAML.

    ``key`` is the YAML key, and ``about`` is that of a `Key`.
    """

    key: str
    about: str


class Otherwise(NamedTuple):
    """The default of a property: a note on a field whose default is None.

    Attributes
    ----------
    value
        The value; None if it depends on other properties.
    text
        What the value depends on, for the documentation.
    """

    value: Any = None
    text: str = ""


class Form(NamedTuple):
    """A kind of statement: a note on the model of its properties.

    Attributes
    ----------
    kind
        The first word of the statement.
    about
        The meaning: a sentence. By default, the docstring of the model.
    example
        The shortest example statement.
    named
        An example with a name, if ``example`` has none.
    name, sources, values
        Whether the statement has a name, a ``from``, or a shape with a range.
    place
        The part of a YAML file that contains the statement; an encoder may also be a
        layer.
    once
        Whether a spec may contain the statement at most once.
    size
        The property that a bare number after the kind sets.
    axes
        The number of spatial axes of the input; 0 if any number is allowed.
    """

    kind: str
    about: str
    example: str
    named: str = ""
    name: Need = "none"
    sources: Need = "none"
    values: Need = "none"
    place: Place = "front"
    once: bool = False
    size: str = ""
    axes: int = 0

    @property
    def is_layer(self) -> bool:
        return self.place in ("encoder", "layer")

    @property
    def usual_name(self) -> str:
        """Return the name in the example; empty if the kind needs no name."""
        return self.example.split()[1] if self.name == "required" else ""


def form(example: str, about: str = "", **more: Any) -> Form:
    """Describe the kind of statement with which an example begins."""
    return Form(
        **{"kind": example.split()[0], "about": about, "example": example} | more
    )


def layer(example: str, about: str = "", **more: Any) -> tuple[Form, ...]:
    """Describe the only kind of a layer, which has a name and reads other layers."""
    usual = {"name": "required", "sources": "optional", "place": "layer"}
    return (form(example, about, **usual | more),)
