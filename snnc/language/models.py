"""The base classes of the language's models, and the notes on them.

The language table consists of the models: `model` and `layers` list the properties of
each statement, and `properties` defines every property once. Notes on these types and
classes describe them. Parsers, printers, the JSON Schema, ``docs/language.md``, editors
and messages read these notes through `keywords` and `fields`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple

from snnc.language.names import KINDS

if sys.version_info >= (3, 11):
    from typing import dataclass_transform
else:
    from typing_extensions import dataclass_transform

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

    ``about`` is its meaning: a sentence.
    """

    text: str
    about: str


class Key(NamedTuple):
    """A property: a note on the type of its values.

    ``about`` is its meaning: a sentence without a full stop. ``usual`` is an example
    value in ``.snn`` notation. ``words`` describe words that are values.
    """

    about: str
    usual: str
    words: tuple[ValueWord, ...] = ()


class StatementPart(NamedTuple):
    """A part before the block in ``.snn``, and its YAML key; described like a `Key`."""

    key: str
    about: str


class Otherwise(NamedTuple):
    """The default of a property: a note on a field whose default is None.

    ``value`` is None if it depends on other properties, which ``text`` describes.
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
        The shortest example statement. A bare number after the kind sets the first
        property of a named statement's example.
    named
        An example with a name, if ``example`` has none.
    name, sources, values
        Whether the model has a name, a ``from``, or a shape with a range.
    place
        The part of a YAML file that contains the statement; an encoder may also be a
        layer.
    once
        Whether a spec may contain the statement at most once.
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

    @property
    def axes(self) -> int:
        """The number of spatial axes of the input; 0 if any number is allowed."""
        return next((int(c) for c in self.kind if c.isdecimal()), 0)

    @property
    def is_layer(self) -> bool:
        return self.place in ("encoder", "layer")

    @property
    def usual_name(self) -> str:
        """Return the name in the example; empty if the kind needs no name."""
        return self.example.split()[1] if self.name == "required" else ""

    @property
    def size(self) -> str:
        """The property that a bare number after the kind sets; empty if none."""
        settings = self.example.partition("{")[2].split()
        return settings[0] if settings and self.name != "none" else ""


def form(example: str, about: str = "", **more: Any) -> Form:
    """Describe the kind of statement with which an example begins."""
    return Form(
        **{"kind": example.split()[0], "about": about, "example": example} | more
    )


def layer(example: str, about: str = "", **more: Any) -> tuple[Form, ...]:
    """Describe the only kind of a layer."""
    return (form(example, about, **{"place": "layer"} | more),)


# Without its metaclass, mypy considers no model hashable.
@dataclass_transform(kw_only_default=True, frozen_default=True)
class Model(metaclass=type):  # noqa: UP050
    """The base class of models, which are frozen dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class StatementModel(Model):
    """The base class of statements: unknown keys are errors, and values are immutable.

    ``forms`` are the kinds of statements that use this model. ``variant`` is the word
    after the kind, for kinds with several models. A model's docstring describes both.
    """

    forms: ClassVar[tuple[Form, ...]] = ()
    variant: ClassVar[ValueWord | None] = None

    def __init_subclass__(cls, variant: str = "") -> None:
        """Describe the statements, and reserve the words that begin them."""
        super().__init_subclass__()
        about = cls.__doc__ or ""
        cls.forms = tuple(
            form._replace(
                about=form.about or about,
                name=_need(cls, "name"),
                sources=_need(cls, "sources"),
                values=_need(cls, "shape"),
            )
            for form in cls.forms
        )
        cls.variant = ValueWord(variant, about) if variant else None
        KINDS.update(form.kind for form in cls.forms)


def _need(model: type[Model], part: str) -> Need:
    """Return whether a statement has a part, by the model's field of this name."""
    field = fields_of(model).get(part)
    if field is None:
        return "none"
    return "required" if is_required(field) else "optional"


@cache
def fields_of(model: type[Model]) -> Mapping[str, Field[Any]]:
    """Return the fields of a model by key, base classes first."""
    return {key_of(field): field for field in fields(model)}


def key_of(field: Field[Any]) -> str:
    """Return the key of a field: its name without the `_` after a Python keyword."""
    return field.name.rstrip("_")


def is_required(field: Field[Any]) -> bool:
    return field.default is MISSING
