"""Write safetensors files with a given layout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from safetensors.numpy import save

from snnc.ir.layout import TensorSpec, layout_id
from snnc.runtime.examples import Array
from snnc.runtime.layout import Source


def serialize(
    new: tuple[TensorSpec, ...],
    tensors: Mapping[str, Array],
    scale: str,
    source: Source | None = None,
) -> bytes:
    """Return a weight file's content, as the generated `save_weights` writes it."""
    ordered = {t.name: np.ascontiguousarray(tensors[t.name]) for t in new}
    origin = {} if source is None else {"source": source}
    metadata = {"layout_id": layout_id(new), "input_scale": scale, **origin}
    return bytes(save(ordered, metadata=metadata))
