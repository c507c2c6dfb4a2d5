"""What is said of a property where it stands: editors and the documentation show it."""

from __future__ import annotations

from typing import Any

from snnc.language import extents, phases, scalars, written
from snnc.language.base import Field, Model
from snnc.language.choices import Choice
from snnc.language.fields import keys_of, note, notes, parts_of
from snnc.language.reading import Read
from snnc.language.table import Otherwise


def description(model: type[Model], field: str) -> str:
    """Say what a property or part means, with its default behind it in brackets."""
    entry = keys_of(model).get(field) or parts_of(model)[field]
    shown = default(model.model_fields[field])
    return f"{entry.about} ({shown})." if shown else f"{entry.about}."


def default(info: Field) -> str:
    """The default of a field as ``.snn`` writes it, or what it follows from."""
    found = note(info, Otherwise)
    if found is not None and found.text:
        return found.text
    value = info.default if not found else found.value
    return "" if info.is_required() or value in (None, ()) else _written(value, info)


def _written(value: Any, info: Field) -> str:
    if isinstance(value, Choice):
        return value.word.text
    for item in notes(info):
        if isinstance(item, Read):
            if item.func is scalars.seconds:
                return written.time(value)
            if item.func in (extents.rates, extents.upper_rate):
                return written.rates(*value)
            if item.func is phases.phases:
                return written.listed(value)
    return written.extents(value) if isinstance(value, tuple) else written.plain(value)
