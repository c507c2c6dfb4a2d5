"""JSON of strangers, parsed within bounds."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.models import DamagedModel, ModelTooLarge, UnsafeModel

LARGEST = 16 * 1024 * 1024
"""Bytes: fifteen times the text of the largest Keras application."""
DEEPEST = 100
"""Levels: a submodel adds five, and Keras itself fails long before."""


def parse(text: bytes | str, path: str, what: str) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    RefusedError
        If it is too long, nested too deeply, no JSON, has a key twice in one object or
        text that is no Unicode. ``what`` says which text it is.
    """
    size = len(text)
    if size > LARGEST:
        raise RefusedError(
            ModelTooLarge(span=NOWHERE, path=path, what=what, size=size, limit=LARGEST)
        )
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_without_repeats)
    except RecursionError as error:
        raise _deep(path, what) from error
    except _RepeatedError as error:
        reason = f"{what} has the key {str(error)!r} twice in one object"
        raise RefusedError(_damaged(path, reason)) from error
    except ValueError as error:
        raise RefusedError(_damaged(path, f"{what} is no JSON ({error})")) from error
    _check(value, path, what)
    return value


class _RepeatedError(Exception):
    """A key that an object has twice."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _RepeatedError(counts.most_common(1)[0][0])
    return found


def _check(value: Any, path: str, what: str) -> None:
    """Refuse deep nesting, and halves of surrogate pairs, which can't be printed."""
    level = [value]
    for _ in range(DEEPEST):
        for text in (item for item in level if isinstance(item, str)):
            _check_text(text, path, what)
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise _deep(path, what)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _check_text(text: str, path: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        reason = f"{what} has half of a surrogate pair in a text"
        raise RefusedError(_damaged(path, reason)) from error


def _damaged(path: str, reason: str) -> DamagedModel:
    return DamagedModel(span=NOWHERE, path=path, reason=reason)


def _deep(path: str, what: str) -> RefusedError:
    reason = f"{what} is nested more than {DEEPEST} levels deep"
    return RefusedError(UnsafeModel(span=NOWHERE, path=path, reason=reason))
