"""Errors for models that can't be imported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from snnc.diagnostics import Diagnostic
from snnc.rules.imports import MalformedLayer
from snnc.rules.model_files import ModelFileError, WeightsUnclear
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


class FileProblem(NamedTuple):
    """A problem of a file, in words that follow its path, and advice."""

    problem: str
    advice: str


NOT_A_MODEL = FileProblem(
    "is not a Keras model",
    "name a file from `model.save(...)`, or the text of `model.to_json()`",
)
DAMAGED = FileProblem(
    "is damaged", "copy or download the file again, or save the model again"
)
UNSAFE = FileProblem(
    "is not safe to read",
    "load the model in a safe environment, and save it again with `model.save(...)`",
)
TOO_LARGE = FileProblem(
    "is too large",
    "save the model without its optimizer: `model.save(..., include_optimizer=False)`",
)
OLD_WEIGHTS = (
    "copy the weights as NumPy arrays into the same layers of Keras 2 or 3 "
    "(`set_weights`; mirror the kernels from Theano), and save that model"
)


def bad_file(
    path: str, file_problem: FileProblem, reason: str = "", advice: str = ""
) -> RefusedModelError:
    """Refuse a file; the message has its path, the problem and the reason."""
    return refused(
        ModelFileError,
        path=path,
        problem=f"{file_problem.problem}: {reason}" if reason else file_problem.problem,
        advice=advice or file_problem.advice,
        reason=reason,
    )


def too_large(path: str, what: str, size: int, limit: int) -> RefusedModelError:
    """Refuse a file that contains, or declares, too many bytes."""
    reason = f"{what} of {size} bytes, but snnc reads at most {limit}"
    return bad_file(path, TOO_LARGE, reason)


def old_weights(path: str, writer: str) -> RefusedModelError:
    """Refuse weights that Keras 1, or Keras with Theano, wrote."""
    problem = f"has weights from {writer}, but snnc reads only those of Keras 2 and 3"
    return bad_file(path, FileProblem(problem, OLD_WEIGHTS))


def shown_sizes(sizes: Iterable[int | None]) -> str:
    """Return sizes for messages, with ``?`` for a size that may be any."""
    return "x".join("?" if size is None else str(size) for size in sizes)


def malformed(layer: str, reason: str) -> RefusedModelError:
    """Refuse a configuration that Keras does not write."""
    return refused(MalformedLayer, layer=layer, reason=reason)


def unclear(layer: str, reason: str, **advice: str) -> RefusedModelError:
    """Refuse a file that does not say which weights belong to a layer."""
    return refused(WeightsUnclear, layer=layer, reason=reason, **advice)
