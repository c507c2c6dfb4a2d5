"""Frozen records whose classes are cheap to make."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Self, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A frozen dataclass in all but the code that `dataclasses` generates.

    There are more than a hundred kinds of diagnostics; to generate the methods of
    each would take longer than to check a spec. Annotated names are keyword
    arguments, those with a value optional ones.

    Raises
    ------
    TypeError
        If an argument is missing or is none of the class's.
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = vars(cls).get("__annotations__", {})
        fields = (name for name, kind in own.items() if "ClassVar" not in str(kind))
        cls._names = tuple(dict.fromkeys((*cls._names, *fields)))

    def __init__(self, **values: Any) -> None:
        for name in self._names:
            if name not in values and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} needs {name}")
        for name in values:
            if name not in self._names:
                raise TypeError(f"{type(self).__name__} has no {name}")
        self.__dict__.update(values)

    def but(self, **values: Any) -> Self:
        """The same record with some values changed."""
        return type(self)(**{**self.__dict__, **values})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        pairs = zip(self._names, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in pairs)})"
