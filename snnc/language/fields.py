"""What the models of the table say of their fields, and what is said of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

from snnc.language import extents, scalars, written
from snnc.language.base import Field, Model
from snnc.language.property_types import Choice
from snnc.language.reading import ReadBy
from snnc.language.table import Key, Otherwise, StatementPart, ValueWord

Note = TypeVar("Note", Key, Otherwise, StatementPart)


def notes(info: Field) -> Iterator[Any]:
    """What stands beside the type of a field, or beside its type without None."""
    yield from info.metadata
    for part in get_args(info.annotation):
        yield from getattr(part, "__metadata__", ())


def note(info: Field, kind: type[Note]) -> Note | None:
    return next((item for item in notes(info) if isinstance(item, kind)), None)


def words_of(info: Field) -> tuple[ValueWord, ...]:
    """What is said of words that are values of a field."""
    key = note(info, Key)
    return key.words if key is not None else ()


@cache
def keys_of(model: type[Model]) -> Mapping[str, Key]:
    """The properties of a statement or choice, in the order of its model."""
    notes_by_name = {name: note(info, Key) for name, info in model.model_fields.items()}
    return {name: key for name, key in notes_by_name.items() if key and name != "kind"}


@cache
def parts_of(model: type[Model]) -> Mapping[str, StatementPart]:
    """What stands in front of the block of a statement, by the names of the fields."""
    notes_by_name = {
        name: note(info, StatementPart) for name, info in model.model_fields.items()
    }
    return {name: part for name, part in notes_by_name.items() if part}


@cache
def choices_of(model: type[Model]) -> Mapping[str, Mapping[str, type[Choice]]]:
    """The properties that are a choice with settings, and its models by their words."""
    choices: dict[str, dict[str, type[Choice]]] = {}
    for name, info in model.model_fields.items():
        for part in _types(info.annotation):
            if isinstance(part, type) and issubclass(part, Choice):
                choices.setdefault(name, {})[part.word.text] = part
    return choices


def values_in(annotation: Any) -> Iterator[str]:
    """The words that are values of a type, with those inside of its models."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        for info in annotation.model_fields.values():
            yield from values_in(info.annotation)
        return
    for part in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from values_in(part)
        elif isinstance(part, str):
            yield part


def _types(annotation: Any) -> Iterator[Any]:
    """A type and what it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def otherwise(model: type[Model], key: str) -> Any:
    """The value of a property where nothing gives it; None if it has none."""
    info = model.model_fields.get(key)
    fallback = None if info is None else note(info, Otherwise)
    return None if fallback is None else fallback.value


def description(model: type[Model], field: str) -> str:
    """Say what a property or part means, with its default behind it in brackets."""
    entry = keys_of(model).get(field) or parts_of(model)[field]
    shown = default(model.model_fields[field])
    return f"{entry.about} ({shown})." if shown else f"{entry.about}."


def default(info: Field) -> str:
    """The default of a field as ``.snn`` writes it, or what it follows from."""
    fallback = note(info, Otherwise)
    if fallback is not None and fallback.text:
        return fallback.text
    value = info.default if not fallback else fallback.value
    return "" if info.is_required() or value in (None, ()) else _written(value, info)


def _written(value: Any, info: Field) -> str:
    if isinstance(value, Choice):
        return value.word.text
    for item in notes(info):
        if isinstance(item, ReadBy):
            if item.func is scalars.seconds:
                return written.time(value)
            if item.func in (extents.rates, extents.upper_rate):
                return written.rates(*value)
            if item.func is extents.phases:
                return written.listed(value)
    return written.extents(value) if isinstance(value, tuple) else written.plain(value)
