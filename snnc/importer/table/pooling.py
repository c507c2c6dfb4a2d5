"""Pooling: averages go into their readers, maxima need a rewrite."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import Draft, Shape, Value
from snnc.importer.model import Layer
from snnc.importer.table.options import dims, refuse_layout, tell_options
from snnc.importer.table.padding import positions, same_pads
from snnc.importer.walk import Walk

WHY_NOT_MAX = (
    "a maximum over rates needs filtered spikes, about 100 steps of latency a layer"
)


def read_average_pooling(layer: Layer, walk: Walk) -> Value:
    """Read an average over windows."""
    value, window, stride = _windows(layer, walk)
    if value.broken:
        return value
    walk.keep(layer, "`avgpool`, which takes no neurons and no cores")
    return _pooled(layer, walk, value, window, stride)


def read_max_pooling(layer: Layer, walk: Walk) -> Value:
    """Read a maximum, which the user has to let something stand for."""
    by = walk.wishes.rewrite("maxpool")
    value, window, stride = _windows(layer, walk)
    if by is None:
        walk.refuse(
            layer,
            WHY_NOT_MAX,
            "type `--rewrite maxpool=downsample` (a learned strided convolution) or"
            " `--rewrite maxpool=avgpool` (its readers take the mean), and retrain",
            rule="maxpool",
        )
    if value.broken:
        return value
    asked = dims(layer.options.get("pool_size", 2), len(window))
    rewritten = f"{layer.kind} of {_x(asked)}, stride {_x(stride)}"
    if by == "downsample" and value.stage != "linear" and window == stride:
        return _downsample(layer, walk, value, window, rewritten)
    if by is not None:
        why = "`maxpool=avgpool`: its readers take the mean; retrain"
        if by == "downsample":
            why = (
                "`maxpool=downsample` needs neurons before it and a stride as its"
                " window: here an `avgpool` stands for it; retrain"
            )
        walk.rewrite(layer, why)
    pooled = _pooled(layer, walk, value, window, stride, (rewritten,))
    # A maximum and ReLU commute, so the neurons of the layer before come first.
    return replace(pooled, pooled=value.pooled)


def read_global_average(layer: Layer, walk: Walk) -> Value:
    """Read the average over all pixels."""
    tell_options(layer, walk)
    value = walk.source(layer)
    if refuse_layout(layer, walk) or value.broken:
        return Value(broken=True)
    walk.keep(layer, "`avgpool { window all }`, which takes no neurons and no cores")
    return _all(layer, walk, value)


def read_global_max(layer: Layer, walk: Walk) -> Value:
    """Read the maximum over all pixels."""
    tell_options(layer, walk)
    value = walk.source(layer)
    if walk.wishes.rewrite("globalmaxpool") is None:
        walk.refuse(
            layer,
            WHY_NOT_MAX,
            "type `--rewrite globalmaxpool=avgpool`, and retrain",
        )
    else:
        walk.rewrite(layer, "`globalmaxpool=avgpool`: the mean; retrain")
    if refuse_layout(layer, walk) or value.broken:
        return Value(broken=True)
    return replace(_all(layer, walk, value, (layer.kind,)), pooled=value.pooled)


def _windows(layer: Layer, walk: Walk) -> tuple[Value, Shape, Shape]:
    """Return what a pool reads, its window and its stride, once padding is checked."""
    tell_options(layer, walk, "pool_size", "strides", "padding")
    value = walk.source(layer)
    rank = int(layer.kind[-2])
    window = dims(layer.options.get("pool_size", 2), rank)
    stride = dims(layer.options.get("strides") or window, rank)
    if refuse_layout(layer, walk) or value.broken:
        return Value(broken=True), window, stride
    axes = list(zip(value.shape, window, stride, strict=False))
    is_padded = layer.options.get("padding") == "same"
    if layer.kind.startswith("Max") and _is_halved(value, window, stride, is_padded):
        # No average reaches over the edge; one of its stride is as large.
        return replace(value, zeros=()), stride, stride
    if value.zeros:
        walk.refuse(
            layer, "it pools zeros that were padded", "leave the `ZeroPadding` out"
        )
        return Value(broken=True), window, stride
    if is_padded and any(any(same_pads(n, k, s)) for n, k, s in axes):
        legal = "x".join(str(n // s * s) for n, _, s in axes)
        walk.refuse(
            layer,
            f"its windows reach over the edge of {_x(value.shape[:-1])}",
            f"use `padding='valid'`, or pictures of {legal} before it; both retrain",
            "padding same",
        )
        return Value(broken=True), window, stride
    return value, window, stride


def _is_halved(value: Value, window: Shape, stride: Shape, is_padded: bool) -> bool:
    """Whether a padded pool leaves a whole share of each axis."""
    zeros = value.zeros or ((0, 0),) * len(window)
    if not is_padded and not value.zeros:
        return False
    axes = zip(value.shape, window, stride, zeros, strict=False)
    return all(
        n % s == 0
        and positions(n + sum(z), k, s, "same" if is_padded else "valid") == n // s
        for n, k, s, z in axes
    )


def _pooled(
    layer: Layer,
    walk: Walk,
    value: Value,
    window: Shape,
    stride: Shape,
    rewritten: tuple[str, ...] = (),
) -> Value:
    shape = _positions(value, window, stride)
    walk.add(
        Draft(
            layer=layer.name,
            kind="avgpool",
            sources=(value.source,),
            read=value.shape,
            shape=shape,
            kernel=window,
            stride=stride,
            rewritten=rewritten,
        )
    )
    return replace(value, source=layer.name, shape=shape, pooled=True)


def _all(
    layer: Layer, walk: Walk, value: Value, rewritten: tuple[str, ...] = ()
) -> Value:
    size = value.shape[:-1]
    pooled = _pooled(layer, walk, value, size, size, rewritten)
    walk.change(layer.name, is_global=True)
    return replace(pooled, flat=not layer.options.get("keepdims"))


def _downsample(
    layer: Layer, walk: Walk, value: Value, window: Shape, rewritten: str
) -> Value:
    if value.affine:
        return walk.refuse(
            layer,
            f"`{value.affine[-1]}` stands between the neurons and it",
            "put the batch norm before the activation, and retrain",
        )
    walk.rewrite(
        layer,
        "`maxpool=downsample`: a learned strided convolution, which begins as the"
        " mean; retrain",
    )
    shape = _positions(value, window, window)
    walk.add(
        Draft(
            layer=layer.name,
            kind="downsample",
            sources=(value.source,),
            read=value.shape,
            shape=shape,
            form="average",
            kernel=window,
            inner=window,
            stride=window,
            active=True,
            rewritten=(rewritten,),
        )
    )
    return Value(layer.name, layer.name, shape, "spikes")


def _positions(value: Value, window: Shape, stride: Shape) -> Shape:
    """Return the shape of what windows give that lie wholly inside."""
    axes = zip(value.shape, window, stride, strict=False)
    return (*(positions(n, k, s, "valid") for n, k, s in axes), value.shape[-1])


def _x(shape: Shape) -> str:
    return "x".join(map(str, shape))
