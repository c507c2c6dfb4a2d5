"""Small specs of huge networks: an answer, in little memory and few steps."""

import tracemalloc
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from snnc.diagnostics import Severity
from snnc.ir.reach import Pairwise
from snnc.loihi.axis import ONE, Axis, Taps, Tiles
from snnc.loihi.build_links import ImageLink, ProjectionGeometry, compared_axis
from snnc.loihi.cost_model import CostModel
from snnc.loihi.link import BlockFit, LimitViolation
from snnc.loihi.profile import read_profile
from snnc.loihi.search import PATIENCE, Search
from snnc.loihi.sparse_link import SparseLink, transposed_axis
from snnc.loihi.tiling import (
    Bands,
    Tiling,
    edges_of,
    least_sizes,
    one_band,
    unlike_strips,
)
from snnc.runtime.maxima import PoolWindow, max_tree
from tests.support import compile_text, layered, sound

POINT = Axis(1, 1, 1, 0, Taps(1, range(1), 0, ()))
"""An axis with a single position at both ends."""
MOST = 100 * 2**20
"""Bytes that Python may allocate for one spec."""
SAME = "padding same"
DENSE = "dense d { units 10 }"
HUGE = {
    "filters": ("8x8x1", "conv2d c { filters 20000000 }", "SNN406"),
    "pool of all": ("2000000x1", f"avgpool {{ window all }}\n{DENSE}", "SNN401"),
    "pool and conv": (
        "2000000x1",
        "avgpool { window all }\nconv1d c { filters 9, kernel 1 }",
        "SNN401",
    ),
    "kernel": ("8x8x1", f"conv2d c {{ filters 9, kernel {2**31 - 1}, {SAME} }}", ""),
    "factor 1": ("128x128x64x4", "downsample c { factor 1 }", "SNN406"),
    "pool of 64": ("1024x1024x1", f"avgpool {{ window 64 }}\n{DENSE}", "SNN401"),
    "fan-in": ("4096x128x8", DENSE, "SNN401"),
    "two pools": (
        "2000001x1",
        2 * "avgpool { window 1000000, stride 1 }\n" + DENSE,
        "SNN401",
    ),
    "channels": (
        "8x8x2000000",
        f"conv2d c {{ filters 1000000, {SAME} }}\n{DENSE}",
        "SNN401 SNN406",
    ),
    "long kernel": (
        "1000000x1",
        f"conv1d c {{ filters 1, kernel 1000001, {SAME} }}",
        "SNN401 SNN406",
    ),
    "causal kernel": (
        "8x1",
        f"conv1d c {{ filters 4, kernel {2**31 - 1}, padding causal }}",
        "",
    ),
    "dilation": (
        "8x8x1",
        f"conv2d c {{ filters 4, dilation {2**31 - 1}, {SAME} }}",
        "",
    ),
    "many groups": (
        "8x8x1000000",
        "conv2d c { filters 1000000, groups 1000 }",
        "SNN401 SNN406",
    ),
    "wide kernel": (
        "64x64x1",
        f"conv2d c {{ filters 1, kernel 63, {SAME} }}",
        "SNN406",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE)
def test_a_huge_network_is_answered_in_little_memory(name: str) -> None:
    shape, layers, code = HUGE[name]
    text = layered(layers, shape=shape, encode="rate")
    tracemalloc.start()
    try:
        results, report = compile_text(text, "place")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST
    codes = {d.code for d in report.diagnostics if d.severity is Severity.ERROR}
    assert codes == set(code.split())
    assert (results.mapped is not None) == (not code)


@pytest.mark.parametrize("read", [1, 3])
@pytest.mark.parametrize("given", [1, 2, 5, 30])
@pytest.mark.parametrize("size", [1, 4, 7, 16, 70])
@pytest.mark.parametrize("first", [0, 4])
def test_each_strip_is_fed_like_one_of_those_that_differ(
    read: int, given: int, size: int, first: int
) -> None:
    bands = Bands(first, 20 * read - first, 20 * given, read, given)
    depth = Axis(4, 4, 1, 1, Taps(3, range(3), 0, ()))
    fans = SparseLink((depth, POINT, POINT), bands, read_profile())
    part = Tiling((4, 1, 1, bands.filters), 2, (1, 1, size), ("sparse",)).part(0)
    edges = frozenset([edges_of(bands)])
    extent, every = part.strips.extent, list(part.strips)
    some = unlike_strips(extent, part.channels, size, edges)
    assert set(some) <= set(every)
    assert len(some) == len(every) or len(some) < 60

    def inputs_of(strip: tuple[int, int]) -> tuple[object, ...]:
        return strip[1] - strip[0], fans.fan(part, strip, (0, 2))

    assert set(map(inputs_of, some)) == set(map(inputs_of, every))


def test_a_million_groups_are_counted_by_their_ends() -> None:
    volume = (1, 1, 1, 10**6)
    bands = Bands(0, 10**6, 10**6, 1, 1)
    link = SparseLink((POINT, POINT, POINT), bands, read_profile())
    tiling = Tiling(volume, 1, (1, 1, 1000), ("sparse",))
    fan = link.fan(tiling.part(0), (1000, 2000), (0, 1))
    assert fan.lengths == {((1, ONE), 1000)}
    assert list(link.axons(tiling, tiling)) == [[(1000,) * 3] * 1000]
    other = Tiling(volume, 1, (1, 1, 1500), ("sparse",))
    counts = [[(1500,) * 3] * 666 + [(1000,) * 3]]
    assert list(link.axons(other, tiling)) == counts
    extent = tiling.part(0).strips.extent
    assert len(unlike_strips(extent, extent, 1000, frozenset([edges_of(bands)]))) < 9


def strided_axis(kernel: int, stride: int) -> Axis:
    before, taps = kernel // 2, Taps(kernel, range(kernel), 0, ())
    return Axis(30, (29 + 2 * before - kernel) // stride + 1, stride, before, taps)


def axes_of_comparisons(window: int, stride: int) -> Iterator[Axis]:
    """Yield the axes along which the neurons of a max pool compare 60 positions."""
    pool = PoolWindow((1, 1, window), (1, 1, stride), "same")
    for level in max_tree((1, 1, 60), pool).levels:
        for read in level.reads:
            inputs = 60 if read.level is None else len(read.grid[2])
            reach = Pairwise(level.axis, level.windows, read.nodes)
            geometry = ProjectionGeometry(
                source=(1, 1, inputs, 1),
                target=(*level.shape, 1),
                first=0,
                pools=(),
                reach=reach,
                picked=(None, None, None),
                axons=None,
            )
            yield compared_axis(geometry, reach, 2)


AXES = [
    *(strided_axis(*each) for each in product((1, 2, 5, 8), (1, 2, 3))),
    *(transposed_axis(30, 60, kernel, 2, kernel // 2) for kernel in (1, 2, 3, 5)),
    *(
        axis
        for each in product((2, 3, 5), (1, 2))
        for axis in axes_of_comparisons(*each)
    ),
]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("axis", AXES)
def test_tiles_that_no_end_cuts_off_are_alike(axis: Axis, size: int) -> None:
    tiles = Tiles(axis.outputs, size)
    found = axis.equivalent_tiles(tiles)
    for first in range(found.period):
        alike = found.within[first :: found.period]
        assert len({axis._find_runs(tiles[n]) for n in alike}) <= 1
    assert len(tiles) - len(found.within) <= 10 // size + 2


def test_ensembles_away_from_the_ends_are_fed_alike() -> None:
    """A group of slices gets its inputs computed at the ends, and once in between."""
    volume = (1000, 1, 1, 1)
    depth = Axis(1000, 1000, 1, 1, Taps(3, range(3), 0, ()))
    link = ImageLink((depth, POINT, POINT), one_band(1, 1), read_profile())
    parts = Tiling(volume, 10, (1, 1, 10), ("convolution",)).parts
    feeds = [link.feeds(10, part, (0, 10)) for part in parts]
    assert [len(feed) for feed in feeds] == [2, *[3] * 98, 2]
    assert len(set(map(id, feeds))) <= 4


def each_reads_all(layers: int) -> str:
    """Return a spec of convolutions that each read all earlier ones."""
    lines, names = [], ["e"]
    for i in range(layers):
        if i:
            lines.append(f"concat j{i} from {', '.join(names)}")
        lines.append(f"conv2d c{i} {{ filters 4, padding same }}")
        names.append(f"c{i}")
    return layered(*lines, shape="8x8x2", target="loihi { chips 16 }")


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    """Return a list that all searches are added to."""
    made: list[Search] = []
    run = Search.run

    def keep_search(search: Search, *, hopeless: bool = False) -> Any:
        made.append(search)
        return run(search, hopeless=hopeless)

    monkeypatch.setattr(Search, "run", keep_search)
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "cores"), [(44, 51), (50, 67)])
def test_layers_that_many_read_are_cut_for_all_their_readers(
    layers: int, cores: int, searches: list[Search]
) -> None:
    """40 fit without a split, and 50 take beams after the search of all mappings."""
    assert sound(each_reads_all(layers), "place").cores == cores
    assert searches[0].work < 2 * PATIENCE


@pytest.mark.parametrize(
    ("length", "cores"),
    [(20_000, 169), pytest.param(100_000, 841, marks=pytest.mark.slow)],
)
def test_what_exceeds_a_core_with_any_group_of_its_source_is_not_tried_with_each(
    length: int, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    fit = CostModel.fit

    def count_fit(
        costs: CostModel, tiling: Tiling, groups: tuple[int, ...]
    ) -> BlockFit | LimitViolation:
        nonlocal tried
        tried += 1
        return fit(costs, tiling, groups)

    monkeypatch.setattr(CostModel, "fit", count_fit)
    clip = "conv3d c { filters 4, kernel 3x1x1 }"
    shape, target = f"{length}x1x1x1", "loihi { chips 16 }"
    text = layered(clip, shape=shape, target=target, encode="rate")
    assert sound(text, "place").cores == cores
    assert tried < 5 * len(least_sizes(length))


def test_a_layer_that_fits_no_core_is_refused_before_others_are_split(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted = 0
    fit = CostModel._fit

    def count_fit(
        costs: CostModel, tiling: Tiling, groups: tuple[int, ...]
    ) -> BlockFit | LimitViolation:
        nonlocal fitted
        fitted += 1
        return fit(costs, tiling, groups)

    monkeypatch.setattr(CostModel, "_fit", count_fit)
    pool = "maxpool p{} {{ window 2, stride 1, padding same }}"
    layers = [*map(pool.format, range(20)), DENSE]
    text = layered(*layers, target="loihi { chips 16 }")
    results, report = compile_text(text, "place")
    assert results.mapped is None
    errors = [d for d in report.diagnostics if d.severity is Severity.ERROR]
    assert [d.code for d in errors] == ["SNN401"]
    # The finest blocks of each of the 42 populations are tried, and no larger ones.
    assert fitted < 3 * 42


def test_the_work_of_a_long_chain_is_counted_once_per_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sum over all layers at each test of a tiling is quadratic."""
    reads = 0

    def read_work(costs: CostModel) -> int:
        nonlocal reads
        reads += 1
        return costs.__dict__.get("work", 0)

    def write_work(costs: CostModel, work: int) -> None:
        costs.__dict__["work"] = work

    monkeypatch.setattr(
        CostModel, "work", property(read_work, write_work), raising=False
    )
    counts = []
    for length in (20, 40):
        # Each layer has another size, so that none shares its cost model.
        layers = "\n".join(f"dense d{i} {{ units {i + 8} }}" for i in range(length))
        text = layered(layers, target="loihi { chips 2 }")
        reads = 0
        sound(text, "place")
        counts.append(reads)
    assert counts[1] < 3 * counts[0]


@pytest.mark.slow
def test_a_search_that_must_fail_ends_before_all_pairs_are_tried(
    searches: list[Search],
) -> None:
    """The dense layer needs more cores than its source's out-axons reach."""
    text = layered(
        "conv2d a { filters 16 }",
        "conv2d b { filters 8, padding same }",
        "dense d { units 1024 }",
        shape="64x64x3",
        target="loihi { cores 60 }",
        encode="rate",
    )
    assert compile_text(text, "place")[0].mapped is None
    assert len(searches) > 1
    assert sum(search.work for search in searches) < 10**6


def test_only_cores_that_spikes_reach_are_looked_at() -> None:
    volume = (1, 256, 256, 4)
    axis = Axis(256, 256, 1, 1, Taps(3, range(3), 0, ()))
    link = ImageLink((POINT, axis, axis), one_band(4, 4), read_profile())
    tiling = Tiling(volume, 1, (16, 16, 4), ("convolution",))
    sent = list(link.spike_counts(tiling, tiling))
    assert len(sent) == (3 * 16 - 2) ** 2
    assert sum(count for *_, count in sent) == 4 * (16 * 16 + 15 * 2) ** 2
