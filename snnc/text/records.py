"""Frozen dataclasses that are made in a third of the usual time.

A command makes more than a hundred of them before it starts to work. The standard
library compiles six methods for each class, and this module one: the others are shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # mypy refuses to assign fields, which is not checked at run time
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        *, frozen: bool, eq: bool = True, **options: bool
    ) -> Callable[[type], type]:
        """Return a decorator like the one of the standard library."""

        def make(cls: type) -> type:
            made = dataclasses.dataclass(repr=False, eq=False, **options)(cls)
            if eq:
                _compare_fields(made)
            made.__repr__ = _represent
            return made

        assert frozen
        return make


def _compare_fields(made: Any) -> None:
    compared = [field.name for field in dataclasses.fields(made) if field.compare]
    values = attrgetter("__class__", *compared)

    def equals(self: Any, other: object) -> bool:
        return self.__class__ is other.__class__ and bool(values(self) == values(other))

    made.__eq__ = equals
    made.__hash__ = lambda self: hash(values(self))


def _represent(self: Any) -> str:
    names = (field.name for field in dataclasses.fields(self) if field.repr)
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
    return f"{type(self).__qualname__}({values})"
