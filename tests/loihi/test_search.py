"""The search finds what trying every mapping finds."""

import random
from typing import Any

import pytest

from snnc.ir.shapes import window_positions
from snnc.loihi.candidates import ChipChoices
from snnc.loihi.plan import Plan, make_plan
from snnc.loihi.search import AxonUse, Readers, Search
from snnc.loihi.tiling import Cut, Tiling
from snnc.text.tables import dims
from tests.loihi.exhaustive import fewest_cores, mappings_of, search_of, small_profile
from tests.support import layered, sound

MOST_MAPPINGS = 6_000


def draw_spec(draw: random.Random, graph: bool) -> str:
    rank = draw.choice([1, 1, 2, 3])
    low, high = {1: (4, 8), 2: (3, 5), 3: (2, 3)}[rank]
    spatial = tuple(draw.randint(low, high) for _ in range(rank))
    shape, kind = dims((*spatial, 1)), f"conv{rank}d"
    encode = f"conv e {{ filters {draw.randint(1, 2)} }}"
    lines = []
    for i in range(3 if rank == 1 else draw.randint(1, 2)):
        kernel = tuple(draw.randint(1, min(3, n)) for n in spatial)
        padding: Any = draw.choice(["valid", "same"])
        filters, stride = draw.randint(1, 4), draw.randint(1, 2)
        size = f"kernel {dims(kernel)}, stride {stride}, padding {padding}"
        lines.append(f"{kind} c{i} {{ filters {filters}, {size} }}")
        axes = zip(spatial, kernel, strict=True)
        spatial = tuple(window_positions(n, k, stride, padding) for n, k in axes)
    if graph:
        source, ones = f"c{len(lines) - 1}", "kernel 1"
        lines.append(f"{kind} a {{ filters 2, {ones} }}")
        filters = draw.randint(1, 3)
        lines.append(f"{kind} b {{ filters {filters}, {ones}, shortcut {source} }}")
    elif draw.random() < 0.4:
        lines.append(f"dense d {{ units {draw.randint(1, 6)} }}")
    return layered(*lines, shape=shape, target="loihi { chips 8 }", encode=encode)


def small_plan(seed: int, graph: bool = False) -> Plan:
    """Draw a network on cores so small that every limit binds somewhere."""
    draw = random.Random(seed)
    text = draw_spec(draw, graph)
    profile = small_profile(
        draw.choice([8, 16, 40]),
        draw.choice([6, 12, 30]),
        draw.choice([6, 10, 20]),
        draw.choice([600, 1500, 4000]),
    )
    return make_plan(sound(text, "lower", profile))


def agrees(plan: Plan) -> bool | None:
    """Return whether the search agrees with trying all, None if that takes too long."""
    if plan.unmappable or mappings_of(plan) > MOST_MAPPINGS:
        return None
    solution = search_of(plan).run()
    best = fewest_cores(plan)
    return (solution.cores if solution is not None else None) == best


@pytest.mark.slow
@pytest.mark.parametrize("graph", [False, True])
def test_the_search_is_exact(graph: bool) -> None:
    results = [agrees(small_plan(seed, graph)) for seed in range(200)]
    assert results.count(False) == 0
    assert results.count(True) > 20


def test_out_axons_make_some_mappings_dearer_than_their_layers_alone() -> None:
    plans = [small_plan(seed) for seed in range(80)]
    searches = [search_of(p) for p in plans if not p.unmappable]
    found = [(search.run(), search.floor) for search in searches]
    assert any(s is not None and s.cores > floor for s, floor in found)


class CountedUse(AxonUse):
    """Keeps the slots of each source's tiling whose blocks were all counted."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: dict[tuple[Readers, Cut], int] = {}

    def peak(self, readers: Readers, source: Tiling) -> int:
        slots = super().peak(readers, source)
        self.counted[readers, source.cut] = slots
        return slots


def test_blocks_too_small_for_fewer_readers_are_not_counted_for_more() -> None:
    """Each pool of a chain reads all pools before it, so readers add up."""
    pools = (f"maxpool m{i} {{ window 2, stride 1 }}" for i in range(8))
    plan = make_plan(sound(layered(*pools, shape="20x20x1"), "lower"))
    core = plan.lowered.network.device.core
    use = CountedUse()
    Search(plan.steps, core, use).run(hopeless=True)
    assert any(slots > core.out_axons for slots in use.counted.values())
    for readers, cut in use.counted:
        assert readers.before is not None
        assert use.counted.get((readers.before, cut), 0) <= core.out_axons


def test_equal_axes_of_comparisons_are_one_object() -> None:
    """The pools of a chain read the same images, so their views are computed once."""
    pools = (f"maxpool m{i} {{ window 2, stride 1 }}" for i in range(8))
    plan = make_plan(sound(layered(*pools, shape="20x20x1"), "lower"))
    steps = [step.choices for step in plan.steps]
    links = [
        link
        for choices in steps
        if isinstance(choices, ChipChoices)
        for forms in choices.costs.links
        for link in forms.values()
    ]
    axes = {axis for link in links for axis in (link.depth, *link.plane)}
    assert len(links) > 100
    assert len(axes) < len(links)
