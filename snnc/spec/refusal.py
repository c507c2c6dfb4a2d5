"""How the types of values say what they refuse.

Everything is said through a `PydanticCustomError` whose context has, in the reader's
words, what is expected (``expected``, ``example``), or what is wrong (``reason``)
with the ``limit``, the value to write ``instead`` or other ``advice``, and where only
a part is wrong its ``span``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError


def unexpected(expected: str, example: str, **context: Any) -> PydanticCustomError:
    """Say that a value is of the wrong type: what is expected, with an example."""
    return PydanticCustomError(
        "wrong_type",
        "expected {expected}, for example {example}",
        {"expected": expected, "example": example, **context},
    )


def refused(reason: str, **context: Any) -> PydanticCustomError:
    """Say that a value of the right type is outside what is allowed."""
    return PydanticCustomError(
        "bad_value", "{reason}", {"reason": reason, "limit": "", **context}
    )


def needs_unit(units: Mapping[str, int], likely: str) -> PydanticCustomError:
    return PydanticCustomError(
        "missing_unit",
        "a unit is missing",
        {"units": tuple(units), "likely": likely},
    )
