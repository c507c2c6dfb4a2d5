"""Parse the JSON of model files."""

from __future__ import annotations

import json
from typing import Any

from snnc.importer.model import RefusedModelError, refused, too_large
from snnc.rules.models import DamagedModel, UnsafeModel
from snnc.weight_files.header import RepeatedNameError, without_repeats

LARGEST = 16 * 1024 * 1024
"""The most bytes: 15 times the JSON of the largest model in Keras Applications."""


def parse(text: bytes | str, path: str, what: str) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    RefusedModelError
        If it is too long, nested too deeply or not JSON, or repeats a key of an object.
        ``what`` names the text.
    """
    if len(text) > LARGEST:
        raise too_large(path, what, len(text), LARGEST)
    try:
        value = json.loads(text, object_pairs_hook=without_repeats)
        json.dumps(value, ensure_ascii=False).encode()  # fails on half a surrogate pair
    except RecursionError as error:
        raise too_deep(path, what) from error
    except (RepeatedNameError, ValueError) as error:
        reason = f"{what} is not JSON ({error})"
        if isinstance(error, RepeatedNameError):
            reason = f"{what} has the key {str(error)!r} twice in one object"
        raise refused(DamagedModel, path=path, reason=reason) from error
    return value


def too_deep(path: str, what: str) -> RefusedModelError:
    """Refuse JSON that is nested too deeply for Python."""
    reason = f"{what} is nested too deeply"
    return refused(UnsafeModel, path=path, reason=reason)
