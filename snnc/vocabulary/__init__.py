"""Guess the meaning of unknown words.

`foreign_keywords` finds the nearest word, and the advice for an unknown statement.
Parsers and passes use this folder only after an error. The module is imported on first
use, so a valid spec does not load it. Imports `rules`, `language` and the folders below
them in the layering.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnc.vocabulary import foreign_keywords as foreign_keywords


def __getattr__(name: str) -> ModuleType:
    """Import the module on first use."""
    if name != "foreign_keywords":
        raise AttributeError(f"the vocabulary has no {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
