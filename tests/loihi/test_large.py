"""Small specs of huge networks: an answer, in little memory and few steps."""

from __future__ import annotations

import tracemalloc
from itertools import islice
from typing import Any

import pytest

from snnc.diagnostics import Report, Severity
from snnc.driver import compile_spec
from snnc.loihi.axis import Axis, cut
from snnc.loihi.depth import Depth
from snnc.loihi.search import Search
from snnc.loihi.taps import full_taps, window_taps
from snnc.loihi.tiling import least_sizes, on_chip
from snnc.source import SourceFile

MOST = 100 * 2**20
"""Bytes that Python may allocate for one spec."""
DENSE = "dense d { units 10 }"
HUGE = {
    "filters": ("8x8x1", ("conv2d c { filters 20000000 }",), "SNN406"),
    "pool of all": ("2000000x1", ("avgpool { window all }", DENSE), "SNN401"),
    "pool and conv": (
        "2000000x1",
        ("avgpool { window all }", "conv1d c { filters 9, kernel 1 }"),
        "SNN401",
    ),
    "kernel": (
        "8x8x1",
        ("conv2d c { filters 9, kernel 2147483647, padding same }",),
        "",
    ),
    "factor 1": ("128x128x64x4", ("downsample c { factor 1 }",), "SNN406"),
    "pool of 64": ("1024x1024x1", ("avgpool { window 64 }", DENSE), "SNN401"),
    "fan-in": ("4096x128x8", (DENSE,), "SNN401"),
    "two pools": (
        "2000001x1",
        (*["avgpool { window 1000000, stride 1 }"] * 2, DENSE),
        "SNN401",
    ),
    "channels": (
        "8x8x2000000",
        ("conv2d c { filters 1000000, padding same }", DENSE),
        "SNN401 SNN406",
    ),
    "wide kernel": (
        "64x64x1",
        ("conv2d c { filters 1, kernel 63, padding same }",),
        "SNN406",
    ),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_network_is_answered_in_little_memory(name: str) -> None:
    shape, layers, code = HUGE[name]
    body = "\n  ".join((f"input x {shape} in 0..1", "encode rate", *layers))
    body = f"target loihi\n  {body}\n  readout y {{ classes 4 }}"
    text = f"snn 1\n\nnetwork a {{\n  {body}\n}}\n"
    report = Report()
    tracemalloc.start()
    try:
        results = compile_spec(SourceFile("a.snn", text), report, "place")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST
    codes = [d.code for d in report.diagnostics if d.severity is Severity.ERROR]
    assert sorted(set(codes)) == code.split()
    assert (results.mapped is not None) == (not code)


def test_tilings_are_made_as_they_are_asked_for() -> None:
    tracemalloc.start()
    try:
        first = list(islice(on_chip((1000, 100, 100, 10), ((True,),), 1024), 3))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first == sorted(first, key=lambda tiling: tiling.cores)
    assert peak < MOST


def test_no_tile_of_a_long_axis_is_looked_at_for_what_one_of_them_sees() -> None:
    axis = Axis(10**9, 10**9, 1, 1, window_taps(3, 3, 0, (), 1))
    tiles = cut(10**9, 10)
    assert len(tiles) == 10**8
    assert axis.view(tiles[1]) is axis.view(tiles[10**8 // 2])
    assert axis.view(tiles[0]).inputs == 11
    assert Depth(1, 0, full_taps(10**9, (), 0)).meets((0, 1), (10**9 - 1, 10**9))


def test_sizes_of_a_long_axis_are_few() -> None:
    sizes = least_sizes(10**9)
    assert sizes[:3] == (1, 2, 3)
    assert sizes[-3:] == (333333334, 500000000, 10**9)
    assert len(sizes) < 2 * 10**5


@pytest.mark.slow
def test_layers_that_many_read_are_cut_for_all_their_readers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """44 convolutions, each of which reads all before: 40 fit without a split."""
    states: list[int] = []
    advance = Search._advance

    def counted(*args: Any) -> Any:
        found = advance(*args)
        states.append(len(found))
        return found

    monkeypatch.setattr(Search, "_advance", counted)
    lines, names = [], ["e"]
    for i in range(44):
        lines.append(f"concat j{i} from {', '.join(names)}" if i else "")
        lines.append(f"conv2d c{i} {{ filters 4, padding same }}")
        names.append(f"c{i}")
    body = "\n  ".join(line for line in lines if line)
    text = f"""\
snn 1

network a {{
  target loihi {{ chips 16 }}
  input x 8x8x2 in 0..1
  encode conv e {{ filters 4 }}
  {body}
  readout y {{ classes 4 }}
}}
"""
    mapped = compile_spec(SourceFile("a.snn", text), Report(), "place").mapped
    assert mapped is not None
    assert 44 < mapped.cores <= 52
    assert sum(states) < 10**5
