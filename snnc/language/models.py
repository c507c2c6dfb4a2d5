"""The base class of the language's models, and their validator.

The validator is built from the types and notes of the fields. Only pydantic's core is
imported: with pydantic's classes, `snnc check` would take 1.5 times as long
(docs/decisions/033-start.md).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic_core import SchemaValidator, core_schema

from snnc.language.table import Limits, ReadBy

if sys.version_info >= (3, 11):
    from typing import dataclass_transform
else:
    from typing_extensions import dataclass_transform

Made = TypeVar("Made", bound="Model")
Schema = core_schema.CoreSchema


# Without its metaclass, mypy considers no model hashable.
@dataclass_transform(kw_only_default=True, frozen_default=True)
class Model(metaclass=type):  # noqa: UP050
    """The base class of models, which are frozen dataclasses.

    They share these methods: if `dataclass` compiled them for each of the 40 models,
    `snnc check` would take a tenth longer.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False)(cls)

    def __init__(self, **values: Any) -> None:
        self.__dict__.update({f.name: f.default for f in fields(self)} | values)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, field.name) for field in fields(self)))

    def __repr__(self) -> str:
        values = (f"{key}={value!r}" for key, value in self.__dict__.items())
        return f"{type(self).__qualname__}({', '.join(values)})"


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
    """Return the pydantic schema of a type.

    Raises
    ------
    TypeError
        If no value of the language has this type.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _add_notes(*parts)
    if origin in (Union, UnionType):
        return _union(parts)
    if origin is Literal:
        return core_schema.literal_schema([*parts])
    if origin is tuple:
        items = [_schema(part) for part in parts if part is not Ellipsis]
        rest = 0 if Ellipsis in parts else None
        return core_schema.tuple_schema(items, variadic_item_index=rest)
    if isinstance(kind, type) and issubclass(kind, Model):
        return _model(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    raise TypeError(f"the language has no values of type {kind}")


_PLAIN: Mapping[Any, Schema] = {
    bool: core_schema.bool_schema(strict=True),
    float: core_schema.float_schema(),
    int: core_schema.int_schema(strict=True),
    str: core_schema.str_schema(strict=True),
}


def _add_notes(kind: object, *notes: object) -> Schema:
    schema: Any = _schema(kind)
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
    models = {get_args(fields_of(k)["kind"].type)[0]: _schema(k) for k in kinds}
    return core_schema.tagged_union_schema(models, discriminator="kind")


def _model(model: type[Model]) -> Schema:
    arguments = []
    for field in fields(model):
        kind, key = _schema(field.type), key_of(field)
        if not is_required(field):
            kind = core_schema.with_default_schema(kind, default=field.default)
        arguments.append(
            core_schema.dataclass_field(
                field.name, kind, kw_only=True, validation_alias=key
            )
        )
    schema = core_schema.dataclass_schema(
        model,
        core_schema.dataclass_args_schema(
            model.__name__, arguments, extra_behavior="forbid"
        ),
        [field.name for field in fields(model)],
    )
    read = getattr(model, "read", None)  # converts a value with the schema
    return core_schema.no_info_wrap_validator_function(read, schema) if read else schema
