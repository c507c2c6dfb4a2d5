"""Batch norm: before the neurons it is theirs, behind them it goes into readers."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import Value
from snnc.importer.model import Layer
from snnc.importer.table.options import shown, tell_options
from snnc.importer.walk import Walk


def read_batch_norm(layer: Layer, walk: Walk) -> Value:
    """Fold a batch norm with its running statistics."""
    tell_options(layer, walk, "center", "scale", "epsilon")
    value = walk.source(layer)
    if value.broken:
        return value
    axis = layer.options.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    is_channels = value.flat is False or len(value.shape) == 1
    if axes not in ([-1], [len(value.shape)]) or not is_channels:
        return walk.refuse(
            layer,
            "only a norm of each channel goes into a kernel",
            "put it before `Flatten`, over the last axis",
            f"axis {shown(axis)}",
        )
    if value.stage != "linear" or value.neurons is None:
        walk.rewrite(
            layer,
            "it stands behind the neurons: folded into the kernels that read it",
            remedy="retraining has no batch norm there; `batchnorm on` puts it before"
            " the neurons",
        )
        return replace(value, affine=(*value.affine, layer.name))
    draft = walk.drafts[value.neurons]
    if draft.shortcut is not None:
        return walk.refuse(
            layer,
            "a shortcut is added behind the batch norm of a layer, never before it",
            "put it before the `Add`",
        )
    if not walk.is_read_once(layer.reads[0]):
        return walk.refuse(
            layer,
            f"`{layer.reads[0]}` is read by other layers too, before the batch norm",
            "let all of them read the batch norm",
        )
    walk.change(draft.layer, batchnorms=(*draft.batchnorms, layer.name))
    walk.keep(layer, f"as `batchnorm on` of `{draft.layer}`, folded with the weights")
    return value
