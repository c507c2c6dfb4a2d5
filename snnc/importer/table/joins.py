"""Sums and concatenations, and what is left out: dropout."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from snnc.importer.draft import BROKEN, Draft, Projection, Value
from snnc.importer.model import Layer
from snnc.importer.table.options import tell_options
from snnc.importer.walk import Walk

RELU_FIRST = (
    "put `Activation('relu')` between, or build the block as convolution, batch norm,"
    " `Add`, ReLU"
)


def read_add(layer: Layer, walk: Walk) -> Value:
    """Read a sum: before neurons it is a shortcut, behind them an `add`."""
    values = [walk.values[name] for name in layer.reads]
    if any(value.broken for value in values) or _refuse_mixed(layer, walk, values):
        return BROKEN
    linear = [v for v in values if v.stage == "linear"]
    if not linear:
        if len({value.shape for value in values}) > 1:
            return walk.refuse(
                layer,
                "it adds unequal shapes",
                "make them equal by a convolution of kernel 1",
            )
        walk.keep(layer, "`add`: its readers get all inputs with one kernel")
        return _join(layer, walk, values, "add", values[0].shape)
    if len(values) != 2:
        return walk.refuse(
            layer,
            f"it adds {len(values)} values before neurons",
            "add two at a time, with `Activation('relu')` between",
        )
    return _shortcut(layer, walk, values)


def read_concatenate(layer: Layer, walk: Walk) -> Value:
    """Read a concatenation of channels."""
    values = [walk.spiking(layer, walk.values[name]) for name in layer.reads]
    if any(value.broken for value in values) or _refuse_mixed(layer, walk, values):
        return BROKEN
    first = values[0]
    rank = 1 if first.flat else len(first.shape)
    is_flat = any(v.flat and prod(v.shape[:-1]) > 1 for v in values)
    if layer.options.get("axis", -1) not in (-1, rank) or is_flat:
        return walk.refuse(
            layer,
            "`concat` joins channels of equal pixels",
            "concatenate along the last axis, before `Flatten`",
            f"axis {layer.options.get('axis', -1)}",
        )
    if len({value.shape[:-1] for value in values}) > 1:
        return walk.refuse(layer, "other axes are unequal", "make them equal")
    walk.keep(layer, "`concat`: its readers' kernels are sliced")
    shape = (*first.shape[:-1], sum(value.shape[-1] for value in values))
    return _join(layer, walk, values, "concat", shape)


def _join(
    layer: Layer, walk: Walk, values: list[Value], kind: str, shape: tuple[int, ...]
) -> Value:
    sources = tuple(value.source for value in values)
    if len(set(sources)) < len(sources):
        return walk.refuse(
            layer, "it reads a layer twice", "double the weights of what reads it"
        )
    walk.add(
        Draft(
            layer=layer.name,
            kind="add" if kind == "add" else "concat",
            sources=sources,
            read=values[0].shape,
            shape=shape,
        )
    )
    return Value(layer.name, None, shape, "spikes", flat=values[0].flat)


def _refuse_mixed(layer: Layer, walk: Walk, values: list[Value]) -> bool:
    """Refuse values that are more than spikes."""
    affine = [value.affine[-1] for value in values if value.affine]
    if affine:
        walk.refuse(
            layer,
            f"`{affine[0]}` stands behind the neurons that it joins",
            "put the batch norm before the activation, and retrain",
        )
    elif any(value.zeros for value in values):
        walk.refuse(layer, "it joins zeros that were padded", "pad by `same`")
    elif any(value.stage == "input" for value in values) and not _is_plain(walk):
        walk.refuse(
            layer,
            "it joins the input, whose values are scaled, and split by their signs",
            "put a convolution between, or scale the data to 0..1",
        )
    else:
        return False
    return True


def _is_plain(walk: Walk) -> bool:
    """Whether an encoder gives the values as they are."""
    low, high = walk.seen
    return low >= 0 and high == 1


def _shortcut(layer: Layer, walk: Walk, values: list[Value]) -> Value:
    for main, other in (values, values[::-1]):
        if not _can_be_main(walk, main):
            continue
        if other.stage == "linear":
            found = _projection(walk, other, main)
        else:
            found = (other.source, None) if other.shape == main.shape else None
        if found is None or main.neurons is None:
            continue
        walk.change(main.neurons, shortcut=found[0], projection=found[1])
        walk.keep(layer, f"as `shortcut` of `{main.neurons}`")
        if found[1] is not None:
            _merge(walk, found[1].layer, main.neurons)
        return replace(main, flat=False)
    return walk.refuse(
        layer,
        "of what it adds before neurons one has to be a layer that nothing else reads,"
        " the other spikes, or a 1x1 convolution that changes their shape",
        RELU_FIRST,
    )


def _can_be_main(walk: Walk, value: Value) -> bool:
    if value.stage != "linear" or value.neurons is None or value.pooled:
        return False
    draft = walk.drafts[value.neurons]
    is_own = value.source == draft.layer and draft.shortcut is None
    return is_own and _is_read_once(walk, draft)


def _is_read_once(walk: Walk, draft: Draft) -> bool:
    last = draft.batchnorms[-1] if draft.batchnorms else draft.layer
    return walk.is_read_once(last)


def _projection(
    walk: Walk, other: Value, main: Value
) -> tuple[str, Projection | None] | None:
    """Return a linear 1x1 convolution, or matrix, as part of a shortcut."""
    draft = walk.drafts[other.neurons or ""]
    if other.pooled or draft.shortcut is not None or draft.affine or draft.dropout:
        return None
    is_plain = draft.form == "kernel" and draft.groups == 1
    if not is_plain or not _is_read_once(walk, draft):
        return None
    if set(draft.kernel) - {1} or draft.read == main.shape:
        return None
    sizes = zip(draft.read, draft.shape, draft.stride, strict=False)
    if draft.kind == "conv" and any(-(-n // m) != s for n, m, s in sizes):
        return None
    return draft.sources[0], Projection(draft.layer, draft.batchnorms)


def _merge(walk: Walk, projection: str, main: str) -> None:
    """Take a projection out of the drafts; it becomes part of another."""
    del walk.drafts[projection]
    walk.rewrite(
        walk.layers[projection],
        f"the learned `shortcut` of `{main}`; its bias and batch norm go into that"
        " layer's",
    )


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
