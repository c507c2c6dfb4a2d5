"""The base classes of the language's models, the notes on them, and their validator.

The language table consists of the models: `model` and `layers` list the properties of
each statement, and `properties` defines every property once. Notes on these types and
classes describe them. Parsers, printers, the JSON Schema, ``docs/language.md``, editors
and messages read these notes through `keywords` and `fields`.

The validator is built from the types and notes of the fields. Only pydantic's core is
imported: with pydantic's classes, `snnc check` would take 1.5 times as long
(docs/decisions/033-start.md).
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

from pydantic_core import SchemaValidator, core_schema

from snnc.language.readers import KINDS, bare

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


Made = TypeVar("Made", bound="Model")
Schema = core_schema.CoreSchema


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


def validate(kind: type[Made], value: object) -> Made:
    """Validate a value, and convert a mapping to its model.

    Raises
    ------
    pydantic_core.ValidationError
        If a key is missing or unknown, or a value violates its type or notes.
    """
    made: Made = _validator(kind).validate_python(value)
    return made


@cache
def _validator(kind: object) -> SchemaValidator:
    return SchemaValidator(_schema(kind))


def _schema(kind: object) -> Schema:
    """Return the pydantic schema of a type; raise TypeError for an unknown type."""
    origin = typing.get_origin(kind)
    parts = typing.get_args(kind)
    if origin is Annotated:
        annotated, *notes = parts
        return _add_notes(annotated, notes)
    if origin in (typing.Union, UnionType):
        return _union(parts)
    if origin is Literal:
        literal = core_schema.literal_schema([*parts])
        return core_schema.no_info_before_validator_function(bare, literal)
    if origin is tuple:
        return _tuple(parts)
    if isinstance(kind, type) and issubclass(kind, Model):
        return _model(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    raise TypeError(f"the language has no values of type {kind}")


# A whole number may be a float. Nothing else is converted: 1 is not a flag.
_PLAIN: Mapping[Any, Schema] = {
    bool: core_schema.bool_schema(strict=True),
    float: core_schema.float_schema(),
    int: core_schema.int_schema(strict=True),
    str: core_schema.str_schema(strict=True),
}


def _tuple(parts: tuple[Any, ...]) -> Schema:
    items = [_schema(part) for part in parts if part is not Ellipsis]
    rest = 0 if Ellipsis in parts else None
    return core_schema.tuple_schema(items, variadic_item_index=rest)


def _add_notes(kind: object, notes: Sequence[object]) -> Schema:
    schema: Any = _schema(kind)
    # Readers come last, because they wrap the schema that checks the limits.
    for note in notes:
        if isinstance(note, Limits):
            schema = {**schema, **note.to_dict()}
    for note in notes:
        if isinstance(note, ReadBy):
            schema = core_schema.no_info_before_validator_function(note.func, schema)
    return schema  # type: ignore[no-any-return]


def _union(parts: tuple[Any, ...]) -> Schema:
    """Return the schema of a union; None is a default, which is not validated."""
    kinds = [part for part in parts if part is not NoneType]
    if len(kinds) == 1:
        return _schema(kinds[0])
    if not all(isinstance(kind, type) and issubclass(kind, Model) for kind in kinds):
        return core_schema.union_schema([*map(_schema, kinds)])
    # With the tag, an error is about the chosen model, and not about each of them.
    models = {typing.get_args(fields_of(k)["kind"].type)[0]: _schema(k) for k in kinds}
    return core_schema.tagged_union_schema(models, discriminator="kind")


def _model(model: type[Model]) -> Schema:
    arguments = []
    for field in fields(model):
        kind = _schema(field.type)
        key = key_of(field)
        if not is_required(field):
            kind = core_schema.with_default_schema(kind, default=field.default)
        argument = core_schema.dataclass_field(
            field.name, kind, kw_only=True, validation_alias=key
        )
        arguments.append(argument)
    inner = core_schema.dataclass_args_schema(
        model.__name__, arguments, extra_behavior="forbid"
    )
    names = [field.name for field in fields(model)]
    schema = core_schema.dataclass_schema(model, inner, names)
    read = getattr(model, "read", None)  # converts a value with the schema
    return core_schema.no_info_wrap_validator_function(read, schema) if read else schema
