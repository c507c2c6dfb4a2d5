"""Hypothesis strategies: small networks that the language can say, and mappings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from snnc.ir.logical import Shape
from snnc.ir.lowered import LoweredNetwork, Volume
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.assemble import assemble
from snnc.loihi.candidates import ChipChoices, Choices, HostChoices
from snnc.loihi.link import BlockFit
from snnc.loihi.plan import make_plan
from snnc.loihi.profile import read_profile
from snnc.loihi.search import Solution
from snnc.loihi.tiling import Tiling, count_cores
from tests.loihi.sketch import Sketch, loihi

Draw = Callable[[st.SearchStrategy[Any]], Any]
MOST_CORES = 120
MOST_SIDE = {1: 24, 2: 9, 3: 6}


@st.composite
def networks(draw: Draw, pop: object = "auto") -> LoweredNetwork:
    """Draw one to four layers on the chip, with pools, joins and shortcuts between."""
    rank = draw(st.integers(1, 3))
    side = st.integers(3, MOST_SIDE[rank])
    sketch = Sketch((*(draw(side) for _ in range(rank)), 1), loihi(pop=pop))
    sketch.encode(draw(st.integers(1, 5)))
    for _ in range(draw(st.integers(1, 3))):
        draw(st.sampled_from(LAYERS))(draw, sketch)
    if draw(st.booleans()):
        _dense(draw, sketch)
    if not any(layer.on_chip for layer in sketch.layers.values()):
        _dense(draw, sketch)
    return sketch.lower()


def _conv(draw: Draw, sketch: Sketch, sources: tuple[str, ...] = ()) -> None:
    spatial = sketch.shape_of(sources or (sketch.last,))[:-1]
    if not spatial:
        return
    padding = draw(_paddings(spatial))
    kernel = tuple(draw(st.integers(1, min(n, 3))) for n in spatial)
    stride = tuple(draw(st.integers(1, 3)) for _ in spatial)
    sketch.conv(draw(FILTERS), kernel, stride, padding, sources)


def _paddings(spatial: Sequence[int]) -> st.SearchStrategy[str]:
    return st.sampled_from(["valid", "same", "causal"][: 3 if len(spatial) == 1 else 2])


def _group_conv(draw: Draw, sketch: Sketch, sources: tuple[str, ...] = ()) -> None:
    """Add a convolution with groups, with dilation, or with both."""
    *spatial, channels = sketch.shape_of(sources or (sketch.last,))
    if not spatial:
        return
    divisors = [n for n in range(1, channels + 1) if channels % n == 0]
    groups = draw(st.sampled_from(divisors) | st.just(channels))
    kernel = tuple(draw(st.integers(1, min(n, 3))) for n in spatial)
    dilation = tuple(
        draw(st.integers(1, min(3, (n - 1) // (k - 1) if k > 1 else 1)))
        for n, k in zip(spatial, kernel, strict=True)
    )
    sketch.conv(
        groups * draw(st.integers(1, 3)),
        kernel,
        tuple(draw(st.integers(1, 3)) for _ in spatial),
        draw(_paddings(spatial)),
        sources,
        dilation=dilation,
        groups=groups,
    )


def _pool(
    draw: Draw, sketch: Sketch, sources: tuple[str, ...] = (), same: bool = True
) -> None:
    """Add a pool and a reader that it folds into exactly."""
    spatial = sketch.shape_of(sources or (sketch.last,))[:-1]
    if not spatial:
        return
    window = tuple(draw(st.integers(1, min(n, 3))) for n in spatial)
    stride = tuple(draw(st.integers(1, 3)) for _ in spatial)
    exact = window == stride and not any(
        n % w for n, w in zip(spatial, window, strict=True)
    )
    sketch.pool(window, stride, sources)
    if draw(st.booleans()):
        _dense(draw, sketch)
    elif same and exact and draw(st.booleans()):
        _read_pool(draw, sketch, 3, "same")
    else:
        spatial = sketch.shape_of((sketch.last,))[:-1]
        kernel = tuple(draw(st.integers(1, min(n, 3))) for n in spatial)
        _read_pool(draw, sketch, kernel, "valid")


def _read_pool(draw: Draw, sketch: Sketch, kernel: Shape | int, padding: str) -> None:
    channels = sketch.shape_of((sketch.last,))[-1]
    groups = draw(st.sampled_from([1, 1, channels]))
    filters = groups if groups > 1 else draw(FILTERS)
    sketch.conv(filters, kernel, draw(st.integers(1, 2)), padding, groups=groups)


def _pools(draw: Draw, sketch: Sketch) -> None:
    """Two pools in a row compose first."""
    spatial = sketch.shape_of((sketch.last,))[:-1]
    if spatial and min(spatial) > 1:
        sketch.pool(draw(st.integers(1, 2)), draw(st.integers(1, 2)))
        _pool(draw, sketch, same=False)


def _maximum(draw: Draw, sketch: Sketch, sources: tuple[str, ...] = ()) -> None:
    """Add a max pool, of an average or not, and its readers."""
    if not _maximise(draw, sketch, sources):
        return _dense(draw, sketch, sources)
    reader = draw(st.sampled_from([_conv, _group_conv, _pool, _dense, _maximise]))
    reader(draw, sketch)


def _pooled_maximum(draw: Draw, sketch: Sketch) -> None:
    """Add a maximum of averages, which may skip places: `same` can't read it."""
    spatial = sketch.shape_of((sketch.last,))[:-1]
    if not spatial or min(spatial) < 3:
        return _dense(draw, sketch)
    sketch.pool(draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    _maximise(draw, sketch)
    reader = draw(st.sampled_from([_pool, _dense]))
    if reader is _pool:
        return _pool(draw, sketch, same=False)
    return _dense(draw, sketch)


def _maximise(draw: Draw, sketch: Sketch, sources: tuple[str, ...] = ()) -> bool:
    """Add a maximum if a window has two values; return whether it was added."""
    spatial = sketch.shape_of(sources or (sketch.last,))[:-1]
    window = tuple(draw(st.integers(1, min(n, 4))) for n in spatial)
    if max(window, default=1) == 1:
        return False
    stride = window
    if draw(st.booleans()):
        stride = tuple(draw(st.integers(1, 3)) for _ in spatial)
    sketch.maximum(window, stride, draw(st.sampled_from(["valid", "same"])), sources)
    return True


def _dense(draw: Draw, sketch: Sketch, sources: tuple[str, ...] = ()) -> None:
    shortcut = None
    if draw(st.booleans()):
        flat = [
            n for n, at in sketch.layers.items() if len(at.shape) == 1 and at.spiking
        ]
        shortcut = draw(st.sampled_from([None, *flat]))
    units = draw(st.integers(1, 40))
    if shortcut is not None and draw(st.booleans()):
        units = sketch.layers[shortcut].shape[0]
    sketch.dense(units, sources, shortcut)


def _shortcut(draw: Draw, sketch: Sketch) -> None:
    """Add a convolution whose shortcut is the identity, or strided."""
    source = sketch.last
    if len(sketch.shape_of((source,))) == 1:
        return _dense(draw, sketch)
    stride = draw(st.integers(1, 2))
    filters = draw(FILTERS)
    if stride == 1 and draw(st.booleans()):
        filters = sketch.shape_of((source,))[-1]
    if draw(st.booleans()):
        sketch.conv(draw(FILTERS), 3, 1, "same")
    sketch.conv(filters, 3, stride, "same", shortcut=source)


def _branches(draw: Draw, sketch: Sketch) -> None:
    """Two branches of one source, joined again for a reader."""
    source = sketch.last
    if len(sketch.shape_of((source,))) == 1:
        return _dense(draw, sketch)
    filters, stride = draw(FILTERS), draw(st.integers(1, 2))
    one = sketch.conv(filters, 3, stride, "same", (source,))
    two = sketch.conv(filters, draw(st.integers(1, 2)), stride, "same", (source,))
    joined = draw(st.sampled_from([sketch.add, sketch.concat]))(one, two)
    reader = draw(st.sampled_from([_conv, _group_conv, _pool, _maximum, _dense]))
    reader(draw, sketch, (joined,))


FILTERS = st.integers(1, 9) | st.sampled_from([4, 8, 12, 16])
LAYERS = [
    _conv,
    _conv,
    _group_conv,
    _group_conv,
    _pool,
    _pools,
    _maximum,
    _maximum,
    _pooled_maximum,
    _shortcut,
    _branches,
]


@st.composite
def mappings(draw: Draw) -> MappedNetwork:
    """Draw a network cut at random: any group, tile and form that fits a core."""
    lowered = draw(networks(draw(st.sampled_from(["auto", "auto", 16, 32]))))
    plan = make_plan(lowered, lowered.network.target, read_profile())
    tilings: list[Tiling] = []
    fits: list[BlockFit] = []
    for population, step in zip(plan.populations, plan.steps, strict=True):
        tiling = _tiling(draw, step.choices, population.volume)
        fit = BlockFit(())
        if isinstance(step.choices, ChipChoices):
            groups = tuple(tilings[source].group for source in step.sources)
            found = step.choices.costs.fit(tiling, groups)
            assume(isinstance(found, BlockFit))
            assert isinstance(found, BlockFit)
            fit = found
        tilings.append(tiling)
        fits.append(fit)
    cores = sum(tiling.cores for tiling in tilings)
    assume(cores <= MOST_CORES)
    mapped = assemble(plan, Solution(tuple(tilings), tuple(fits), cores, 0, False))
    assume(most_out_axons(mapped) <= plan.profile.core.out_axons)
    return mapped


def most_out_axons(mapped: MappedNetwork) -> int:
    return max(
        block.out_axons
        for population in mapped.populations
        for ensemble in population.ensembles
        for block in ensemble.blocks
    )


def _tiling(draw: Draw, choices: Choices, volume: Volume) -> Tiling:
    depth, height, width, channels = volume
    group = draw(st.integers(1, depth))
    if isinstance(choices, HostChoices):
        return Tiling(volume, group, (height, width, group * channels), (), 0)
    rows, columns, strip = (
        draw(st.integers(1, n) | st.just(n)) for n in (height, width, group * channels)
    )
    tile = (rows, columns, strip)
    forms = draw(st.sampled_from(choices.costs.forms))
    return Tiling(volume, group, tile, forms, count_cores(volume, group, tile))
