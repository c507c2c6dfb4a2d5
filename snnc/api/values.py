"""Values of Python as settings: what `Spec.replace` is given, spelt as ``.snn``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from snnc import diagnostics
from snnc.api.problems import SpecError
from snnc.syntax.settings import Setting, read_settings

_WHERE = "replace"
_RANGES = frozenset(("in", "as"))
_LITERAL = re.compile(r'"|[^\W\d]\w*(?:\s*\{.*\})?\s*$|[-+.\d\[]', re.DOTALL)


def settings_of(changes: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Return what is asked for, in its order.

    Raises
    ------
    SpecError
        If a value can't be read.
    TypeError
        If it is of a type that no value has.
    """
    report = diagnostics.Report()
    settings: list[Setting] = []
    for text in _texts(changes):
        settings += read_settings(text, _WHERE, report, several=False)
    if report.errors:
        raise SpecError(report.diagnostics)
    return tuple(settings)


def _texts(changes: Mapping[str, Any]) -> Iterator[str]:
    for name, value in changes.items():
        if not isinstance(value, Mapping):
            yield f"{name}={spelt(value, name)}"
            continue
        for key, inner in value.items():
            yield f"{name}.{key}={spelt(inner, key)}"


def spelt(value: Any, key: str = "") -> str:
    """Write a value as a spec has it.

    Raises
    ------
    TypeError
        If no property has values of its type.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _text(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()  # a number of NumPy
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{word} {_block(inner)}" for word, inner in value.items())
    if isinstance(value, tuple) and len(value) == 2 and key in _RANGES:
        return "..".join(map(repr, value))
    if isinstance(value, tuple) and value and all(isinstance(v, int) for v in value):
        return "x".join(map(str, value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spelt, value))}]"
    raise TypeError(f"{key}: a spec has no values of the type {type(value).__name__}")


def _text(value: str) -> str:
    """Leave a literal as it is, and put what can only be a sentence into quotes."""
    if _LITERAL.match(value) or not value:
        return value
    from snnc.syntax.printer import quoted

    return quoted(value)


def _block(settings: Any) -> str:
    if not isinstance(settings, Mapping):
        raise TypeError(f"{settings!r} is no mapping of settings to their values")
    inner = ", ".join(f"{key} {spelt(value, key)}" for key, value in settings.items())
    return f"{{ {inner} }}"
