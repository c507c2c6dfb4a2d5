"""Check the arguments of Python calls before a computation."""

from __future__ import annotations

import operator
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FileName = str | os.PathLike[str]
Tensors: TypeAlias = "Mapping[str, NDArray[np.float32]]"
"""Weights: a tensor for each name in a layout."""


def check_count(name: str, value: object, least: int) -> None:
    """Refuse a number that is not an integer or is too small; accept None.

    Raises
    ------
    TypeError
        If the value is not an integer.
    ValueError
        If the value is below ``least``.
    """
    if value is None:
        return
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is {value!r}, not a whole number")
    if operator.index(value) < least:
        raise ValueError(f"{name} is {value}, not {least} or more")


def check_choice(name: str, value: object, known: Collection[str]) -> None:
    """Refuse an unknown word.

    Raises
    ------
    ValueError
        If the word is not in ``known``.
    """
    if not isinstance(value, str) or value not in known:
        words = ", ".join(map(repr, known))
        raise ValueError(f"{name} is {value!r}, not one of {words}")


def check_text(name: str, value: object) -> None:
    """Refuse anything except text that can be written to a file.

    Raises
    ------
    TypeError
        If the value is not a string.
    ValueError
        If the text contains a lone surrogate.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__}, not a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"{name} contains a lone surrogate, which no file can store")


def given_weights(weights: object) -> Path | Mapping[str, Any]:
    """Return the file of weights, or their arrays by name.

    Raises
    ------
    TypeError
        If the argument is neither.
    """
    if isinstance(weights, str | os.PathLike):
        return Path(weights)
    if not isinstance(weights, Mapping):
        kind = type(weights).__name__
        raise TypeError(f"weights are {kind}, neither a file nor arrays by name")
    for name, tensor in weights.items():
        if not (isinstance(name, str) and hasattr(tensor, "dtype")):
            kind = type(tensor).__name__
            raise TypeError(f"weights: {name} is {kind}, not an array of NumPy")
    return weights
