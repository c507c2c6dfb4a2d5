"""The words that are values: whatever the spec's models let a property choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from snnc.spec.model import Spec

SWITCHES = frozenset(("on", "off", "true", "false"))


def value_words() -> frozenset[str]:
    """Return every word that some property takes, such as ``same`` or ``adam``."""
    words = {word for word in _choices(Spec) if word.isidentifier()}
    return SWITCHES | words


def _choices(model: type[BaseModel]) -> Iterator[str]:
    for info in model.model_fields.values():
        yield from _words_of(info.annotation)


def _words_of(annotation: Any) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _choices(annotation)
        return
    for part in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from _words_of(part)
        elif isinstance(part, str):
            yield part
