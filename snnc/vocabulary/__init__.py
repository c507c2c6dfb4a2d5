"""Guess the meaning of unknown words.

`foreign_keywords` finds the nearest word, `unknown_kinds` describes an unknown
statement, and `meant` writes a statement in Keras' notation as a spec has it. Parsers
and passes use this folder only after an error. The modules are imported on first use,
so a valid spec does not load them. Imports `rules`, `language` and the folders below
them in the layering.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnc.vocabulary import foreign_keywords as foreign_keywords
    from snnc.vocabulary import meant as meant
    from snnc.vocabulary import unknown_kinds as unknown_kinds

_MODULES = ("foreign_keywords", "meant", "unknown_kinds")


def __getattr__(name: str) -> ModuleType:
    """Import a module on first use."""
    if name not in _MODULES:
        raise AttributeError(f"the vocabulary has no {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
