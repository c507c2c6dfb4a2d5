"""All rules by code, for `snnc explain`, the documentation and the tests."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic


def _find_rules() -> Iterator[type[Diagnostic]]:
    """Yield the classes with a code in each family."""
    for family in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"{rules.__name__}.{family.name}")
        for value in vars(module).values():
            is_rule = isinstance(value, type) and issubclass(value, Diagnostic)
            if is_rule and "code" in vars(value):
                yield value


RULES = tuple(sorted(set(_find_rules()), key=lambda rule: rule.code))
