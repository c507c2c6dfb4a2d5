"""Whether weights of one file are those of a model in another."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importer.model import (
    NOWHERE,
    KerasLayer,
    KerasModel,
    RefusedModelError,
    Shapes,
    StoredWeights,
)
from snnc.importer.numbered import NAMES, variable_names
from snnc.rules.models import WeightsDiffer, WeightsUnclear


def compare(model: KerasModel, weights: StoredWeights, path: str) -> None:
    """Compare the layers in their order, by names and shapes alone.

    How many channels a kernel reads is not known here: the conversion checks that.

    Raises
    ------
    RefusedModelError
        SNN826, with the first layer that differs.
    """
    for layer in model.layers:
        if layer.shares:
            continue
        try:
            reason = next(_differences(layer, weights.shapes(layer.name)), "")
        except RefusedModelError as error:
            if not isinstance(error.diagnostic, WeightsUnclear):
                raise
            reason = error.diagnostic.reason
        if reason:
            raise RefusedModelError(
                WeightsDiffer(
                    span=NOWHERE,
                    path=path,
                    layer=layer.name,
                    kind=layer.kind,
                    reason=reason,
                )
            )


def _differences(layer: KerasLayer, shapes: Shapes) -> Iterator[str]:
    if layer.kind not in NAMES:
        return
    due = variable_names(layer.kind, layer.options, len(shapes))
    present = ", ".join(shapes) or "no weights"
    if set(due) != set(shapes) or not shapes:
        names = ", ".join(n for n in NAMES[layer.kind])
        yield f"the file has {present} for it, due are {names}"
    for name, size in _sizes(layer).items():
        shape = shapes.get(name)
        if shape is None:
            continue
        if any(n is not None and n != m for n, m in _pairs(size, shape)):
            stored = "x".join(map(str, shape)) or "a single number"
            asked = "x".join("?" if n is None else str(n) for n in size)
            yield f"its {name} in the file is {stored}, due is {asked}"


def _pairs(
    size: tuple[int | None, ...], shape: tuple[int, ...]
) -> Iterator[tuple[int | None, int]]:
    if len(size) != len(shape):
        yield (-1, 0)
        return
    yield from zip(size, shape, strict=True)


def _sizes(layer: KerasLayer) -> dict[str, tuple[int | None, ...]]:
    """Return what the options say of the shapes; None is what they do not."""
    options, kind = layer.options, layer.kind
    filters, units = _count(options.get("filters")), _count(options.get("units"))
    kernel = options.get("kernel_size")
    rank = int(kind[-2]) if kind.endswith("D") else 0
    taps: tuple[int | None, ...] = (_count(kernel),) * rank
    if isinstance(kernel, list):
        taps = tuple(map(_count, kernel))
    if kind in ("Conv1D", "Conv2D", "Conv3D"):
        return {"kernel": (*taps, None, filters), "bias": (filters,)}
    if kind == "Dense":
        return {"kernel": (None, units), "bias": (units,)}
    multiplier = _count(options.get("depth_multiplier", 1))
    if kind.startswith("DepthwiseConv"):
        return {"depthwise_kernel": (*taps, None, multiplier)}
    if kind.startswith("SeparableConv"):
        return {
            "depthwise_kernel": (*taps, None, multiplier),
            "pointwise_kernel": (*(1,) * rank, None, filters),
            "bias": (filters,),
        }
    return {}


def _count(value: object) -> int | None:
    return value if type(value) is int else None
