"""`dataclasses.dataclass`, whose methods are generated when they are first called.

Generating them takes about 0.4 ms a class, and a run imports a hundred times as many
classes as it makes instances of: all together they took longer than to check a spec.
What a class has is that of the standard library, `fields` and `replace` included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        *,
        frozen: bool = False,
        eq: bool = True,
        order: bool = False,
        repr: bool = True,
        slots: bool = False,
    ) -> Callable[[type], type]:
        """Make a class a dataclass, with the arguments of the standard library's."""

        def decorate(cls: type) -> type:
            make = dataclasses.dataclass(init=False, eq=False, repr=False, slots=slots)
            made = make(cls)
            methods = dict(_methods(made, frozen, eq, slots))
            if order:
                methods |= {n: _later(made, n, _comparison) for n in _ORDER}
            if repr:
                methods["__repr__"] = _repr
            for name, method in methods.items():
                if name not in cls.__dict__:
                    setattr(made, name, method)
            return made

        return decorate


def _methods(
    cls: Any, frozen: bool, eq: bool, slots: bool
) -> Iterator[tuple[str, Any]]:
    """The methods of a dataclass by their names."""
    yield "__init__", _later(cls, "__init__", _frozen_init if frozen else _init)
    if eq:
        yield "__eq__", _later(cls, "__eq__", _comparison)
        yield "__hash__", _later(cls, "__hash__", _hash) if frozen else None
    if frozen:
        yield "__setattr__", _no_setattr
        yield "__delattr__", _no_delattr
        if slots:
            yield "__getstate__", _getstate
            yield "__setstate__", _setstate


def _later(cls: Any, name: str, make: Callable[[Any, str], Any]) -> Callable[..., Any]:
    """A method that puts the generated one in its place, and calls it."""

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        made = make(cls, name)
        made.__qualname__ = method.__qualname__
        setattr(cls, name, made)
        return made(self, *arguments, **named)

    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return method


def _init(cls: Any, name: str, assign: str = "self.{0}={1}") -> Any:
    given: dict[str, Any] = {"_set": object.__setattr__, "_none": dataclasses.MISSING}
    takes, lines = ["self"], []
    for field in dataclasses.fields(cls):
        key, default, value = field.name, "", field.name
        if not field.init:
            continue
        if field.default is not dataclasses.MISSING:
            given[f"_{key}_"] = field.default
            default = f"=_{key}_"
        elif field.default_factory is not dataclasses.MISSING:
            given[f"_{key}_"] = field.default_factory
            default, value = "=_none", f"_{key}_() if {key} is _none else {key}"
        takes.append(f"{key}{default}")
        lines.append(assign.format(key, value))
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    return _function(name, takes, lines or ["pass"], given)


def _frozen_init(cls: Any, name: str) -> Any:
    return _init(cls, name, "_set(self,{0!r},{1})")


_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


def _comparison(cls: Any, name: str) -> Any:
    sign = _ORDER.get(name, "==")
    lines = (
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {_compared(cls, 'self')} {sign} {_compared(cls, 'other')}",
    )
    return _function(name, ["self", "other"], lines, {})


def _hash(cls: Any, name: str) -> Any:
    return _function(name, ["self"], [f"return hash({_compared(cls, 'self')})"], {})


def _compared(cls: Any, of: str) -> str:
    """The values by which instances are equal, as an expression for a tuple."""
    names = (field.name for field in dataclasses.fields(cls) if field.compare)
    return f"({''.join(f'{of}.{name},' for name in names)})"


def _function(
    name: str, takes: Iterable[str], lines: Iterable[str], given: dict[str, Any]
) -> Any:
    body = "".join(f"\n {line}" for line in lines)
    made: dict[str, Any] = {}
    exec(f"def {name}({','.join(takes)}):{body}", given, made)
    return made[name]


def _repr(self: Any) -> str:
    shown = (
        f"{field.name}={getattr(self, field.name)!r}"
        for field in dataclasses.fields(self)
        if field.repr
    )
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _no_setattr(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_delattr(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
