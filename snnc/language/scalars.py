"""Convert numbers, switches, times and choices from syntax to plain Python.

Times are converted to seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from snnc.language import tree

SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000}
HERTZ = {"Hz": 1}
UNITS = frozenset((*SECONDS, *HERTZ))


def problem(kind: str, **context: object) -> PydanticCustomError:
    """Return an error, which `snnc.passes.validate.wording` puts in words."""
    return PydanticCustomError(kind, kind, context)


def wrong_type_error(
    expected: str, example: str, **context: object
) -> PydanticCustomError:
    """Return the error for a value of the wrong type, with an example."""
    return problem("wrong_type", expected=expected, example=example, **context)


def limit_error(reason: str, limit: str, **context: object) -> PydanticCustomError:
    """Return the error for a value outside its limits."""
    return problem("bad_value", reason=reason, limit=limit, **context)


def needs_unit(units: Mapping[str, int], likely: str) -> PydanticCustomError:
    return problem("missing_unit", units=tuple(units), likely=likely)


LARGEST = 2**31 - 1
_SWITCHES = dict.fromkeys(("true", "yes", "1", "on"), "on") | dict.fromkeys(
    ("false", "no", "none", "null", "0", "off"), "off"
)
SHORTEST, LONGEST = 1e-9, 1e6
"""The limits of nonzero times, in seconds: wide enough for any network."""


def bare(value: tree.Value) -> Any:
    """Unwrap a word, number or string; return other values unchanged."""
    if isinstance(value, tree.Word):
        return value.text
    return value.value if isinstance(value, (tree.Number, tree.Text)) else value


def choice(value: tree.Value) -> dict[str, Any]:
    """Turn ``adam`` or ``adam { ... }`` into a mapping with its ``kind``."""
    if isinstance(value, tree.Group):
        settings = {p.key.text: p.value for p in value.properties}
        return {"kind": value.name.text, **settings}
    if isinstance(value, tree.Word):
        return {"kind": value.text}
    raise wrong_type_error("a name", "adam")


def amount(value: tree.Value) -> float:
    if isinstance(value, tree.Number):
        return float(value.value)
    raise wrong_type_error("a number", "0.2")


def share(value: tree.Value) -> float:
    """Read a fraction below 1."""
    return amount(value)


def whole(value: tree.Value) -> int:
    number = value.value if isinstance(value, tree.Number) else None
    if isinstance(number, float) and 1 <= number <= LARGEST:
        near = str(int(number))
        sure = {"instead": near} if number.is_integer() else {"near": near}
        raise wrong_type_error("a whole number", near, **sure)
    if not isinstance(number, int):
        raise wrong_type_error("a whole number", "8")
    if abs(number) > LARGEST:
        limit, advice = f"the limit is {LARGEST}", "write a smaller number"
        raise limit_error("the number is too large", limit, advice=advice)
    return number


def flag(value: tree.Value) -> bool:
    word = str(bare(value))
    if word in ("on", "true", "off", "false"):
        return word in ("on", "true")
    if instead := _SWITCHES.get(word.lower()):
        raise wrong_type_error("`on` or `off`", instead, instead=instead)
    raise wrong_type_error("`on` or `off`", "on")


def bias(value: tree.Value) -> bool | str:
    """Read a switch, or ``neuron``."""
    return "neuron" if bare(value) == "neuron" else flag(value)


def divisor(unit: tree.Word, units: Mapping[str, int]) -> int:
    if unit.text in units:
        return units[unit.text]
    raise problem("wrong_unit", unit=unit.text, units=tuple(units), span=unit.span)


def seconds(value: tree.Value | None) -> float:
    if isinstance(value, tree.Number):
        raise needs_unit(SECONDS, "ms" if value.value >= 0.5 else "s")
    if not isinstance(value, tree.Quantity):
        raise wrong_type_error("a time", "5 ms")
    time = value.value / divisor(value.unit, SECONDS)
    if time > LONGEST:
        raise limit_error(
            f"{time:g} s is too long",
            limit=f"the limit is {LONGEST:g} s",
            advice="write a shorter time, such as `100 ms`",
        )
    if 0 < time < SHORTEST:
        raise limit_error(
            f"{time:g} s is too short",
            limit=f"at least {SHORTEST:g} s",
            advice="write a longer time, such as `1 ms`",
        )
    return time
