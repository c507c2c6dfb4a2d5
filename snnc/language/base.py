"""The base class of the language's models: checked records of what is written.

A model is declared as one of pydantic, by types with notes. A value that is as its type
says is taken without pydantic, whose import takes as long as all of `snnc check` with a
good spec. Pydantic reads what remains: it converts, or says all that is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, get_origin

from snnc.language.reading import Reader, UnsureError, reader

if sys.version_info >= (3, 11):
    from typing import Self, dataclass_transform
else:
    from typing_extensions import Self, dataclass_transform

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema

_NONE: Any = object()


class Field(NamedTuple):
    """One name of a model: its type without notes, the notes, and its default."""

    annotation: Any
    metadata: tuple[Any, ...]
    default: Any

    def is_required(self) -> bool:
        return self.default is _NONE

    @classmethod
    def of(cls, annotation: Any, default: Any) -> Field:
        notes = getattr(annotation, "__metadata__", ())
        return cls(annotation.__origin__ if notes else annotation, notes, default)


# Without its metaclass, mypy takes no model for hashable.
@dataclass_transform(kw_only_default=True, frozen_default=True)
class Model(metaclass=type):  # noqa: UP050
    """A frozen record whose values are checked by the types of its fields.

    Raises
    ------
    pydantic.ValidationError
        If an argument is missing, unknown, or not as its type and notes say.
    """

    __slots__ = (
        "__dict__",
        "__pydantic_extra__",
        "__pydantic_fields_set__",
        "__pydantic_private__",
    )
    model_fields: ClassVar[Mapping[str, Field]] = {}
    """The fields by their names, those of base classes first."""

    def __init_subclass__(cls) -> None:
        own = vars(cls).get("__annotations__", {})
        cls._own = {
            name: Field.of(annotation, vars(cls).get(name, _NONE))
            for name, annotation in own.items()
            if get_origin(annotation) is not ClassVar
        }
        bases = (vars(base).get("_own", {}) for base in reversed(cls.__mro__))
        cls.model_fields = {name: f for base in bases for name, f in base.items()}

    _own: ClassVar[Mapping[str, Field]] = {}

    def __init__(self, **values: Any) -> None:
        made = self.model_validate(values)
        object.__setattr__(self, "__dict__", made.__dict__)
        written = made.model_fields_set
        object.__setattr__(self, "__pydantic_fields_set__", written)

    @property
    def model_fields_set(self) -> Collection[str]:
        """The names of the values that were given."""
        return self.__pydantic_fields_set__  # type: ignore[attr-defined, no-any-return]

    @classmethod
    def read(cls, value: Any) -> Any:
        """Make a mapping of what is written in place of one; here it stays as it is."""
        return value

    def check(self) -> None:
        """Raise pydantic's error if the values do not go together."""

    @classmethod
    def accept(cls, value: Any) -> Self:
        """Return the model of a mapping, whose values are as their types say.

        Raises
        ------
        ValueError
            If they are not, or if it takes pydantic to tell.
        """
        if isinstance(value, cls):
            return value
        values = cls.read(value)
        if (
            not isinstance(values, Mapping)
            or not values.keys() <= cls.model_fields.keys()
        ):
            raise UnsureError
        readers = _readers(cls)
        accepted = {}
        for name, field in cls.model_fields.items():
            if name in values:
                accepted[name] = readers[name](values[name])
            elif field.is_required():
                raise UnsureError
            else:
                accepted[name] = field.default
        made = cls._made(accepted, values)
        made.check()
        return made

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        """Return the model of a mapping of values.

        Raises
        ------
        pydantic.ValidationError
            If a value is missing, unknown, or not as its type and notes say.
        """
        try:
            return cls.accept(value)
        except ValueError:
            made: Self = _adapter(cls).validate_python(value)
            return made

    @classmethod
    def model_construct(cls, **values: Any) -> Self:
        """Return a model of values that are known to be as their types say."""
        defaults = {
            k: f.default for k, f in cls.model_fields.items() if k not in values
        }
        given = {name: {**defaults, **values}[name] for name in cls.model_fields}
        return cls._made(given, values)

    @classmethod
    def _made(cls, values: dict[str, Any], written: Collection[str]) -> Self:
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", frozenset(written))
        return made

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return the same with other values, which are not checked."""
        return self._made(
            {**self.__dict__, **update}, {*self.model_fields_set, *update}
        )

    def model_dump(self, exclude: Collection[str] = ()) -> dict[str, Any]:
        """Return the values by their names, models within as mappings as well."""
        return {k: _dumped(v) for k, v in self.__dict__.items() if k not in exclude}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __reduce__(self) -> tuple[Any, ...]:
        return self._made, (self.__dict__, self.model_fields_set)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema  # pydantic alone calls this

        fields = {}
        for name, field in cls.model_fields.items():
            value = handler.generate_schema(noted(field))
            if not field.is_required():
                value = core_schema.with_default_schema(value, default=field.default)
            fields[name] = core_schema.model_field(value)
        inner = core_schema.model_fields_schema(fields, extra_behavior="forbid")
        model = core_schema.model_schema(cls, inner)
        checked = core_schema.no_info_after_validator_function(_checked, model)
        return core_schema.no_info_before_validator_function(cls.read, checked)


def noted(field: Field) -> Any:
    """The type of a field with the notes on it."""
    annotation = field.annotation
    for note in field.metadata:
        annotation = Annotated[annotation, note]
    return annotation


def _checked(model: Model) -> Model:
    model.check()
    return model


def _dumped(value: Any) -> Any:
    if isinstance(value, Model):
        return value.model_dump()
    return tuple(map(_dumped, value)) if isinstance(value, tuple) else value


@cache
def _readers(model: type[Model]) -> Mapping[str, Reader]:
    return {k: reader(f.annotation, f.metadata) for k, f in model.model_fields.items()}


@cache
def _adapter(model: type[Model]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # see above

    return TypeAdapter(model)
