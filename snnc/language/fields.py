"""Look up the notes, types, defaults and descriptions of model fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

from snnc.language import readers, written
from snnc.language.models import (
    Key,
    Model,
    Otherwise,
    ReadBy,
    StatementPart,
    fields_of,
    is_required,
)
from snnc.language.properties import Choice

Note = TypeVar("Note", Key, Otherwise, ReadBy, StatementPart)


def note(field: Field[Any], kind: type[Note]) -> Note | None:
    """Return the note of a kind on the type of a field, or None."""
    return next((part for part in types_in(field.type) if isinstance(part, kind)), None)


@cache
def keys_of(model: type[Model]) -> Mapping[str, Key]:
    """Return the properties of a statement or choice, in the order of its model."""
    return _notes_of(model, Key)


@cache
def parts_of(model: type[Model]) -> Mapping[str, StatementPart]:
    """Return the parts before the block of a statement, by field name."""
    return _notes_of(model, StatementPart)


def _notes_of(model: type[Model], kind: type[Note]) -> Mapping[str, Note]:
    notes = {name: note(field, kind) for name, field in fields_of(model).items()}
    return {name: found for name, found in notes.items() if found}


@cache
def choices_of(model: type[Model]) -> Mapping[str, Mapping[str, type[Choice]]]:
    """Return the properties whose values are choices with settings: models by word."""
    choices: dict[str, dict[str, type[Choice]]] = {}
    for name, field in fields_of(model).items():
        for part in types_in(field.type):
            if isinstance(part, type) and issubclass(part, Choice):
                choices.setdefault(name, {})[part.word.text] = part
    return choices


def values_in(annotation: object) -> Iterator[str]:
    """Return the words that a type accepts, including those of nested models."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        for field in fields_of(annotation).values():
            yield from values_in(field.type)
        return
    for part in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from values_in(part)
        elif isinstance(part, str):
            yield part


def types_in(annotation: object) -> Iterator[Any]:
    """Yield a type, the types that it consists of, and their notes."""
    yield annotation
    for part in get_args(annotation):
        yield from types_in(part)


def otherwise(model: type[Model], key: str) -> Any:
    """Return the default of a property, or None if it has no default."""
    field = fields_of(model).get(key)
    fallback = None if field is None else note(field, Otherwise)
    return None if fallback is None else fallback.value


def description(model: type[Model], field: str) -> str:
    """Describe a property or part, with its default in brackets."""
    entry = keys_of(model).get(field) or parts_of(model)[field]
    shown = default(fields_of(model)[field])
    return f"{entry.about} ({shown})." if shown else f"{entry.about}."


def default(field: Field[Any]) -> str:
    """Return a field's default in ``.snn`` notation, or describe what it depends on."""
    fallback = note(field, Otherwise)
    if fallback is not None and fallback.text:
        return fallback.text
    value = field.default if not fallback else fallback.value
    if is_required(field) or value in (None, ()):
        return ""
    return written_value(value, field)


def written_value(value: Any, field: Field[Any]) -> str:
    """Write the value of a property in ``.snn`` notation."""
    if isinstance(value, Choice):
        return value.word.text
    read_by = note(field, ReadBy)
    reader = None if read_by is None else read_by.func
    if reader is readers.seconds:
        return written.time(value)
    if reader in (readers.rates, readers.upper_rate):
        return written.rates(*value)
    if reader is readers.phases:
        return written.write_list(value)
    return written.extents(value) if isinstance(value, tuple) else written.plain(value)
