# The run-time library of snnc. SPDX-License-Identifier: MIT
"""TensorFlow and Keras, and type names that these libraries lack."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import Any, TypeAlias

import tensorflow as tf
from tensorflow import keras

__all__ = ["Dataset", "KerasLayer", "Logs", "Tensor", "keras", "tf"]

Tensor: TypeAlias = Any  # values in TensorFlow, (batch, ...) unless said
KerasLayer: TypeAlias = Any
Dataset: TypeAlias = Any  # a tf.data.Dataset
Logs: TypeAlias = "dict[str, float] | None"  # Keras' results of an epoch
