"""Every kind of problem that snnc can report, in one file per family of rules.

A family is imported only when a problem is reported, so a valid spec imports none.
SARIF shows the names of their classes. Imports `ir`, `diagnostics` and the folders
below them in the layering.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from snnc.rules import files as files
    from snnc.rules import imports as imports
    from snnc.rules import learning as learning
    from snnc.rules import loihi as loihi
    from snnc.rules import misplaced as misplaced
    from snnc.rules import model_files as model_files
    from snnc.rules import packages as packages
    from snnc.rules import placement as placement
    from snnc.rules import references as references
    from snnc.rules import refused as refused
    from snnc.rules import shapes as shapes
    from snnc.rules import statements as statements
    from snnc.rules import syntax as syntax
    from snnc.rules import times as times
    from snnc.rules import weights as weights
    from snnc.rules import windows as windows
    from snnc.rules import yaml as yaml


def __getattr__(name: str) -> ModuleType:
    """Import a family of rules on first use."""
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"there is no family of rules {name!r}") from None


def all_rules() -> tuple[type[Diagnostic], ...]:
    """Return the rules of all families by code, for the documentation and the tests."""
    rules = set()
    for family in pkgutil.iter_modules(__path__):
        for value in vars(__getattr__(family.name)).values():
            is_class = isinstance(value, type) and issubclass(value, Diagnostic)
            # Classes that rules share have no code of their own.
            if is_class and "code" in vars(value):
                rules.add(value)
    return tuple(sorted(rules, key=lambda rule: rule.code))
