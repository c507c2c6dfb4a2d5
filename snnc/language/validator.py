"""Validate values by the types and notes of the fields of a model.

Only pydantic's core is imported: with pydantic's classes, `snnc check` would take 1.5
times as long (docs/decisions/033-start.md).
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar

from pydantic_core import SchemaValidator, core_schema

from snnc.language.models import Limits, Model, ReadBy, fields_of, is_required, key_of
from snnc.language.readers import bare

Made = TypeVar("Made", bound=Model)
Schema = core_schema.CoreSchema


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
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return _add_notes(*parts)
    if origin in (typing.Union, UnionType):
        return _union(parts)
    if origin is Literal:
        literal = core_schema.literal_schema([*parts])
        return core_schema.no_info_before_validator_function(bare, literal)
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
    models = {typing.get_args(fields_of(k)["kind"].type)[0]: _schema(k) for k in kinds}
    return core_schema.tagged_union_schema(models, discriminator="kind")


def _model(model: type[Model]) -> Schema:
    arguments = []
    for field in fields(model):
        kind, key = _schema(field.type), key_of(field)
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
