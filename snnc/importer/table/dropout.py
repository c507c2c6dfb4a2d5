"""What only training does: dropout and noise."""

from __future__ import annotations

from snnc.importer.draft import Value
from snnc.importer.model import Layer
from snnc.importer.table.options import tell_options
from snnc.importer.walk import Walk


def read_dropout(layer: Layer, walk: Walk) -> Value:
    """Make a dropout a property of the layer before it."""
    tell_options(layer, walk)
    value = walk.source(layer)
    rate = float(layer.options.get("rate") or 0.0)
    if value.broken or rate == 0:
        walk.keep(layer, "it drops nothing" if rate == 0 else "training only")
        return value
    draft = walk.drafts.get(value.neurons or "")
    fits = (
        draft is not None
        and value.source == draft.layer
        and walk.is_read_once(layer.reads[0])
        and draft.kind in ("conv", "downsample", "dense")
        and not draft.dropout
        and rate < 1
    )
    if draft is None or not fits:
        walk.train(layer, "no single layer before it has it; it is not kept")
        return value
    walk.change(draft.layer, dropout=rate)
    how = "" if layer.kind == "Dropout" else ", which drops single neurons"
    walk.train(layer, f"as `dropout {rate:.6g}` of `{draft.layer}`{how}")
    return value


def read_noise(layer: Layer, walk: Walk) -> Value:
    """Leave out noise, changes of pictures and penalties, for training alone."""
    walk.train(
        layer, "specs have none; it is not kept: do it to the data of `train.py`"
    )
    return walk.source(layer)
