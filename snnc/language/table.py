"""What the table of the language says of a word besides its type, limits and default.

The table is the spec's models: `statements` and `layers` list what each statement
takes, `properties` has every property once. The entries below are notes on their types
and classes. Parsers, printers, the JSON Schema, ``docs/language.md``, editors and what
is said of a wrong word are made of them, by `keywords` and `fields`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Need = Literal["required", "optional", "none"]
Place = Literal["front", "encoder", "layer", "back"]


class ReadBy(NamedTuple):
    """The function that makes plain Python of what is written, before it is checked."""

    func: Callable[[Any], Any]


class Limits(NamedTuple):
    """What a number must be: at least, more than, at most, less than."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def given(self) -> dict[str, float]:
        """Return the limits that there are, by their names."""
        limits = self._asdict().items()
        return {name: limit for name, limit in limits if limit is not None}


class ValueWord(NamedTuple):
    """A word that is a value, a variant or a choice, such as ``same`` or ``adam``.

    Attributes
    ----------
    text
        The word.
    about
        What it means: a sentence.
    same
        Words of other libraries with the same meaning, which `--fix` replaces.
    nearby
        Words of other libraries that may mean it.
    """

    text: str
    about: str = ""
    same: str = ""
    nearby: str = ""


class Key(NamedTuple):
    """A property: a note on the type of its values.

    Attributes
    ----------
    about
        What it means: a sentence without its full stop.
    usual
        A value to show as an example, as ``.snn`` writes it.
    same, nearby
        As of a `ValueWord`.
    words
        What is said of words that are its values.
    """

    about: str
    usual: str
    same: str = ""
    nearby: str = ""
    words: tuple[ValueWord, ...] = ()


class StatementPart(NamedTuple):
    """What stands in front of the block in ``.snn``, and is a key in YAML.

    ``key`` is that key; the others are as of a `Key`.
    """

    key: str
    about: str
    nearby: str = ""


class Otherwise(NamedTuple):
    """What holds where nothing is written: a note on a field whose default is None.

    Attributes
    ----------
    value
        The value; None if it follows from something else.
    text
        What it follows from, in the words of the documentation.
    """

    value: Any = None
    text: str = ""


class Form(NamedTuple):
    """A kind of statement: a note on the model of its properties.

    Attributes
    ----------
    kind
        The word that begins it.
    about
        What it says: a sentence.
    example
        One as short as it may be.
    named
        One with a name, where the example has none.
    name, sources, values
        Whether it has a name, a ``from``, a shape with a range.
    place
        Where it stands in a YAML file; one of an encoder may also be a layer.
    once
        Whether a spec has it at most once.
    size
        The property that a bare number behind the kind is meant as.
    axes
        The spatial axes of what it reads; 0 for any number of them.
    same, nearby
        As of a `ValueWord`, spelt as `snnc.rules.foreign.plain` does, or with the axes.
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
    same: str = ""
    nearby: str = ""

    @property
    def is_layer(self) -> bool:
        return self.place in ("encoder", "layer")

    @property
    def usual_name(self) -> str:
        """The name in the example; empty if a statement of the kind needs none."""
        return self.example.split()[1] if self.name == "required" else ""


def layer(kind: str, about: str, example: str, **more: Any) -> Form:
    """Describe a kind of layer: it has a name, and reads what is before or named."""
    return Form(
        kind,
        about,
        example,
        **{"name": "required", "sources": "optional", "place": "layer", **more},
    )
