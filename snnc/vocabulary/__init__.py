"""Guess the meaning of unknown words.

`counterparts` has words of Keras, PyTorch and Nengo. `foreign_keywords` finds the
nearest word, and the advice for an unknown statement. Parsers and passes use it only
after an error: it is imported at its first use, so a valid spec doesn't load it.
Imports `rules`, `language` and lower folders.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnc.vocabulary import counterparts as counterparts
    from snnc.vocabulary import foreign_keywords as foreign_keywords


def __getattr__(name: str) -> ModuleType:
    """Import a module at its first use."""
    if name not in ("counterparts", "foreign_keywords"):
        raise AttributeError(f"the vocabulary has no {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
