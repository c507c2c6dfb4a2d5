"""Read numbers, switches, times and rates, from syntax or plain Python.

Times are converted to seconds, and rates to Hz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from snnc.language import tree
from snnc.language.models import Model

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


def bare(value: object) -> Any:
    """Unwrap a word, number or string; return other values unchanged."""
    if isinstance(value, tree.Word):
        return value.text
    if isinstance(value, (tree.Number, tree.Text)):
        return value.value
    return value


def choice(value: object) -> Any:
    """Turn ``adam`` or ``adam { ... }`` into a mapping with its ``kind``."""
    if isinstance(value, tree.Group):
        settings = {p.key.text: p.value for p in value.properties}
        return {"kind": value.name.text, **settings}
    if isinstance(value, (tree.Word, str)):
        return {"kind": bare(value)}
    if isinstance(value, (Mapping, Model)):
        return value
    raise wrong_type_error("a name", "adam")


def amount(value: object) -> float:
    number = bare(value)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise wrong_type_error("a number", "0.2")
    return _finite(number)


def share(value: object) -> float:
    """Read a fraction below 1."""
    return amount(value)


def _too_large(limit: str) -> PydanticCustomError:
    advice = "write a smaller number"
    return limit_error("the number is too large", limit, advice=advice)


def _finite(number: int | float) -> float:
    if not math.isfinite(number):
        raise _too_large("it must be finite")
    return float(number)


def whole(value: object) -> int:
    number = bare(value)
    if isinstance(number, float) and 1 <= number <= LARGEST:
        near = str(int(number))
        sure = {"instead": near} if number.is_integer() else {"near": near}
        raise wrong_type_error("a whole number", near, **sure)
    if isinstance(number, bool) or not isinstance(number, int):
        raise wrong_type_error("a whole number", "8")
    if abs(number) > LARGEST:
        raise _too_large(f"the limit is {LARGEST}")
    return int(number)


def flag(value: object) -> bool:
    word = bare(value)
    if isinstance(word, bool):
        return word
    if word in ("on", "true", "off", "false"):
        return word in ("on", "true")
    if instead := _SWITCHES.get(str(word).lower()):
        raise wrong_type_error("`on` or `off`", instead, instead=instead)
    raise wrong_type_error("`on` or `off`", "on")


def bias(value: object) -> bool | str:
    """Read a switch, or ``neuron``."""
    return "neuron" if bare(value) == "neuron" else flag(value)


def divisor(unit: tree.Word, units: Mapping[str, int]) -> int:
    if unit.text in units:
        return units[unit.text]
    raise problem("wrong_unit", unit=unit.text, units=tuple(units), span=unit.span)


def seconds(value: object) -> float:
    if isinstance(value, tree.Quantity):
        return _sensible(_finite(value.value) / divisor(value.unit, SECONDS))
    if isinstance(value, tree.Number):
        raise needs_unit(SECONDS, "ms" if value.value >= 0.5 else "s")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type_error("a time", "5 ms")
    return _sensible(_finite(value))


def _sensible(time: float) -> float:
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
