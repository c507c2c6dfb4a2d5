"""What the chip makes of a network's weights, layer by layer, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from snnc.diagnostics import Diagnostic
from snnc.graph.lowered import Projection
from snnc.rules.weights import (
    NoBiasScale,
    NoWeightExponent,
    ThresholdVanishes,
    WeightsTooStrong,
)
from snnc.source import Span
from snnc.weights.cores import Core, Placed
from snnc.weights.scale import (
    BIAS_MOST,
    THRESHOLD_LEAST,
    THRESHOLD_MOST,
    Grid,
    grid_of,
    largest_weight,
)


@dataclass(frozen=True, slots=True)
class Precision:
    """How much of the chip's numbers a layer uses: of its cores, the worst.

    Attributes
    ----------
    exponents
        The least and the largest weight exponent; None where no core has weights.
    weight_bits
        Kept of a tensor's largest weights, of 7 and a sign.
    threshold_bits
        Of the threshold, of 17.
    bias_bits
        Of the largest bias, of 12; None if all biases are zero.
    threshold_share, bias_share
        Of the largest that can be stored; above 1 nengo-loihi refuses them.
    refused
        Cores that nengo-loihi refuses.
    """

    name: str
    cores: int
    exponents: tuple[int, int] | None
    weight_bits: int
    threshold_bits: int
    bias_bits: int | None
    threshold_share: float
    bias_share: float
    refused: int


def precision(placed: Placed) -> Precision:
    """Sum up the cores of a layer."""
    grids = [core.grid for core in placed.cores]
    found = [grid.exponent for grid in grids if grid.exponent is not None]
    biased = [grid.bias_bits for grid in grids if grid.bias]
    return Precision(
        name=placed.name,
        cores=len(grids),
        exponents=(min(found), max(found)) if found else None,
        weight_bits=min(_weight_bits(placed), default=0),
        threshold_bits=min(grid.threshold_bits for grid in grids),
        bias_bits=min(biased, default=None),
        threshold_share=max(grid.threshold_share for grid in grids),
        bias_share=max(grid.bias_share for grid in grids),
        refused=sum(not grid.fits for grid in grids),
    )


def _weight_bits(placed: Placed) -> Iterator[int]:
    """The bits of each tensor in each core."""
    for core in placed.cores:
        largest: dict[str, float] = {}
        for synapse in core.synapses:
            tensor = _tensor(synapse.projection)
            largest[tensor] = max(largest.get(tensor, 0.0), synapse.weight)
        for weight in largest.values():
            yield core.grid.weight_bits(core.weight, weight)


def complaints(placed: Placed) -> Iterator[Diagnostic]:
    """Say what nengo-loihi refuses of a layer, and what it silently changes."""
    span = placed.mapped.population.layer.span
    refused = [core for core in placed.cores if not core.grid.fits]
    for kind in (_too_small, _no_scale, _too_large):
        concerned = [core for core in refused if _kind_of(core.grid) is kind]
        if concerned:
            worst = max(concerned, key=lambda core: _shortage(core.grid))
            yield kind(placed, worst, len(concerned), span)
    yield from _too_strong(placed, span)


def _shortage(grid: Grid) -> float:
    """How many times too small the weights are."""
    return max(grid.threshold_share, grid.bias_share)


def _kind_of(grid: Grid) -> object:
    if grid.exponent is None:
        return _no_scale
    return _too_small if _shortage(grid) > 1 else _too_large


def _too_small(placed: Placed, core: Core, refused: int, span: Span) -> Diagnostic:
    grid, largest = core.grid, core.largest
    assert largest is not None
    by_bias = grid.bias_share > grid.threshold_share
    return NoWeightExponent(
        span=span,
        name=placed.name,
        what="bias" if by_bias else "threshold",
        core=core.number,
        value=int(grid.bias if by_bias else grid.threshold),
        most=BIAS_MOST if by_bias else THRESHOLD_MOST,
        weight=largest.trained,
        tensor=_tensor(largest.projection),
        needed=largest.trained * _shortage(grid),
        bias=core.trained_bias,
        most_bias=core.trained_bias / grid.bias_share if by_bias else 0.0,
        refused=refused,
        cores=len(placed.cores),
    )


def _no_scale(placed: Placed, core: Core, refused: int, span: Span) -> Diagnostic:
    return NoBiasScale(
        span=span,
        name=placed.name,
        core=core.number,
        value=int(core.grid.threshold),
        most=THRESHOLD_MOST,
        bias=core.trained_bias,
        refused=refused,
        cores=len(placed.cores),
    )


def _too_large(placed: Placed, core: Core, refused: int, span: Span) -> Diagnostic:
    largest = core.largest
    assert largest is not None
    share = largest_weight(placed.cell) / core.weight
    return ThresholdVanishes(
        span=span,
        name=placed.name,
        core=core.number,
        value=int(core.grid.threshold),
        least=THRESHOLD_LEAST,
        weight=largest.trained,
        tensor=_tensor(largest.projection),
        needed=largest.trained * share,
        refused=refused,
        cores=len(placed.cores),
    )


def _too_strong(placed: Placed, span: Span) -> Iterator[Diagnostic]:
    """One warning a tensor, for the core in which it is changed most."""
    worst: dict[str, tuple[float, Core, float]] = {}
    for core in placed.cores:
        for synapse in core.synapses if core.grid.fits else ():
            tensor = _tensor(synapse.projection)
            times = core.grid.excess(core.weight, synapse.weight)
            if times > worst.get(tensor, (1.0,))[0]:
                worst[tensor] = (times, core, synapse.trained)
    for tensor, (times, core, weight) in worst.items():
        yield _strong(placed, tensor, times, core, weight, span)


def _strong(
    placed: Placed, tensor: str, times: float, core: Core, weight: float, span: Span
) -> Diagnostic:
    largest = core.largest
    assert largest is not None
    assert core.grid.exponent is not None
    return WeightsTooStrong(
        span=span,
        name=placed.name,
        tensor=tensor,
        times=int(times),
        core=core.number,
        weight=weight,
        exponent=core.grid.exponent,
        other=_tensor(largest.projection),
        other_weight=largest.trained,
        bias=core.trained_bias if _is_by_bias(placed, core, weight, times) else None,
    )


def _is_by_bias(placed: Placed, core: Core, trained: float, times: float) -> bool:
    """Whether the weights of a tensor would count for less if no bias were there."""
    bare = grid_of(placed.cell, core.weight, 0.0)
    found = (s.weight for s in core.synapses if s.trained == trained)
    return any(bare.excess(core.weight, weight) < times for weight in found)


def _tensor(projection: Projection) -> str:
    """The tensor, or the source of a shortcut without one."""
    return projection.tensor or f"shortcut {projection.source}"
