# The run-time library of snnc. SPDX-License-Identifier: MIT
"""TensorFlow and Keras, type names that they lack, and printing."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import tensorflow as tf
from tensorflow import keras

__all__ = ["keras", "tf"]

Tensor: TypeAlias = Any  # values in TensorFlow, (batch, ...) unless said
KerasLayer: TypeAlias = Any
Dataset: TypeAlias = Any  # a tf.data.Dataset
Logs: TypeAlias = "dict[str, float] | None"  # Keras' results of an epoch


def is_notebook() -> bool:
    """Return whether this process runs the cells of a notebook."""
    # A process that starts kernels for others has ipykernel but no shell.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


def verbosity() -> int:
    """Return Keras's verbosity: bars on a terminal, a line per epoch in a file.

    It is 0 in a notebook, which shows a table instead.
    """
    if is_notebook():
        return 0
    return 1 if sys.stdout.isatty() else 2


def tell(line: str) -> None:
    """Print a line between those of Keras."""
    print(line, flush=True)
