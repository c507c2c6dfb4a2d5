"""numba's decorators, as every compiled function here has them, with types kept."""

# mypy: disable-error-code="import-untyped,no-any-return"

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile to code that frees the interpreter and is kept on disk."""
    return njit(function, nogil=True, cache=True)


def inlined(function: Function) -> Function:
    """Compile as `compiled` does, into each function that calls it."""
    return njit(function, nogil=True, cache=True, inline="always")
