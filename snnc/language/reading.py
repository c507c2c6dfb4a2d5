"""Notes on the types of properties, and functions that read values by them.

`reader` makes of a type a function that takes what the type takes and nothing else. Of
all else it says no more than `UnsureError`: what is wrong with that, or whether it can
be converted, is asked of pydantic, which knows the same types by the notes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

Reader = Callable[[Any], Any]


class UnsureError(ValueError):
    """A value is not of its type, or not as it is."""


class ReadBy(NamedTuple):
    """The function that makes plain Python of what is written, before it is checked."""

    func: Reader

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema  # pydantic alone calls this

        return core_schema.no_info_before_validator_function(self.func, handler(source))


class Limits(NamedTuple):
    """What a number must be: at least, more than, at most, less than."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def items(self) -> Iterator[tuple[str, float]]:
        """The limits that there are, by their names."""
        for name in _HOLDS:
            if (limit := getattr(self, name)) is not None:
                yield name, limit

    def hold(self, value: Any) -> bool:
        return all(_HOLDS[name](value, limit) for name, limit in self.items())

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        whole: Any = handler(source)
        number = whole
        while "schema" in number:  # behind what reads it
            number = number["schema"]
        number.update(self.items())
        return whole  # type: ignore[no-any-return]


_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("ge", "gt", "le", "lt")
}


@dataclass(frozen=True, slots=True)
class ByKind:
    """Which of several models a mapping is, is what it says as its ``kind``."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema  # pydantic alone calls this

        models = {kind: handler.generate_schema(m) for kind, m in by_kind(source)}
        return core_schema.tagged_union_schema(models, discriminator="kind")


def by_kind(union: Any) -> Iterator[tuple[str, Any]]:
    """The models of a union by their kinds."""
    for model in get_args(union):
        for kind in get_args(model.model_fields["kind"].annotation):
            yield kind, model


def reader(annotation: Any, notes: tuple[Any, ...] = ()) -> Reader:
    """Make the function that reads the values of a type, with notes beside it.

    Raises
    ------
    TypeError
        If the type is of no kind that the language has.
    """
    inner = _tagged(annotation) if ByKind() in notes else _plain(annotation)
    funcs = [note.func for note in notes if isinstance(note, ReadBy)]
    limits = [note for note in notes if isinstance(note, Limits)]
    if not funcs and not limits:
        return inner

    def read(value: Any) -> Any:
        for func in funcs:
            value = func(value)
        value = inner(value)
        if not all(limit.hold(value) for limit in limits):
            raise UnsureError
        return value

    return read


def _plain(annotation: Any) -> Reader:
    if noted := getattr(annotation, "__metadata__", ()):
        return reader(annotation.__origin__, noted)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _any_of(parts)
    if origin is Literal:
        return _one_of(parts)
    if origin is tuple:
        return _tuple(parts)
    if hasattr(annotation, "model_fields"):
        return annotation.accept  # type: ignore[no-any-return]
    if annotation in (bool, float, int, str):
        return _instance(annotation)
    raise TypeError(f"the language has no values of type {annotation}")


def _instance(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise UnsureError
        return value

    return read


def _one_of(options: tuple[Any, ...]) -> Reader:
    known = {(type(option), option) for option in options}

    def read(value: Any) -> Any:
        if type(value) not in (int, str) or (type(value), value) not in known:
            raise UnsureError
        return value

    return read


def _any_of(parts: tuple[Any, ...]) -> Reader:
    """Read a value that is of one of several types, which have no value in common."""
    optional = NoneType in parts
    readers = [_plain(part) for part in parts if part is not NoneType]

    def read(value: Any) -> Any:
        if optional and value is None:
            return None
        for part in readers:
            try:
                return part(value)
            except ValueError:
                continue
        raise UnsureError

    return read


def _tuple(parts: tuple[Any, ...]) -> Reader:
    is_long = parts[-1] is Ellipsis
    readers = [_plain(part) for part in parts if part is not Ellipsis]

    def read(value: Any) -> Any:
        if type(value) is not tuple or not (is_long or len(value) == len(readers)):
            raise UnsureError
        each = readers * len(value) if is_long else readers
        return tuple(part(item) for part, item in zip(each, value, strict=True))

    return read


def _tagged(union: Any) -> Reader:
    models = dict(by_kind(union))

    def read(value: Any) -> Any:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        model = models.get(kind) if isinstance(kind, str) else type(value)
        if model is None or model not in models.values():
            raise UnsureError
        return model.accept(value)

    return read
