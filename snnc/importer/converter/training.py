"""What becomes a TensorNode only where training has to match too."""

from __future__ import annotations

from snnc.importer.model import Layer

_OPTIONS = (
    "kernel_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "kernel_constraint",
    "bias_constraint",
)
"""``unsupported_training_args`` of the converters of Dense and Conv."""


def training_note(layer: Layer) -> str:
    """Return what becomes of a layer without ``inference_only=True``, if anything."""
    found = [name for name in _OPTIONS if layer.options.get(name) is not None]
    if not found:
        return ""
    return f"without `inference_only=True` its `{found[0]}` makes it a TensorNode"
