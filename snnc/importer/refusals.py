"""Errors for models that can't be imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from snnc.diagnostics import Diagnostic
from snnc.rules.imports import MalformedLayer
from snnc.rules.model_files import ModelTooLarge, NotAModel, WeightsUnclear
from snnc.source import whole_file

NOWHERE = whole_file("model")
"""The span of a diagnostic until `RefusedModelError.at` adds the file."""


class RefusedModelError(Exception):
    """A model that can't be imported. This package raises no other error.

    The diagnostic is SNN8xx, or SNN700 or SNN705 for a file that can't be read.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic

    def at(self, name: str) -> RefusedModelError:
        """Return the same refusal with the name of the model."""
        if self.diagnostic.span is not NOWHERE:
            return self
        return RefusedModelError(self.diagnostic.but(span=whole_file(Path(name))))


def refused(rule: type[Diagnostic], /, **fields: Any) -> RefusedModelError:
    """Return the error for a rule; the file is added later."""
    return RefusedModelError(rule(span=NOWHERE, **fields))


def not_a_model(path: str, reason: str, **advice: str) -> RefusedModelError:
    """Refuse a file that is not a model."""
    return refused(NotAModel, path=path, reason=reason, **advice)


def malformed(layer: str, reason: str) -> RefusedModelError:
    """Refuse a configuration that Keras does not write."""
    return refused(MalformedLayer, layer=layer, reason=reason)


def unclear(layer: str, reason: str, **advice: str) -> RefusedModelError:
    """Refuse a file that does not say which weights belong to a layer."""
    return refused(WeightsUnclear, layer=layer, reason=reason, **advice)


def too_large(path: str, what: str, size: int, limit: int) -> RefusedModelError:
    """Refuse a file that contains, or declares, too many bytes."""
    return refused(ModelTooLarge, path=path, what=what, size=size, limit=limit)
