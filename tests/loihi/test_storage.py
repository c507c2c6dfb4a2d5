"""Weights' memory and views of an axis, against cases worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from snnc.ir.lowered import Pooling
from snnc.loihi.axis import Axis, cut
from snnc.loihi.depth import Depth
from snnc.loihi.profile import read_profile
from snnc.loihi.storage import Footprint, storage_of
from snnc.loihi.taps import full_taps, window_taps
from snnc.loihi.tiling import count_cores, least_sizes

PROFILE = read_profile()
HALF = Pooling((1, 2, 2), (1, 2, 2))


@pytest.mark.parametrize(
    ("weights", "width", "bits"),
    [
        (1, 8, 64),  # 18 bits
        (6, 9, 64),  # 64 bits exactly
        (5, 11, 128),  # 65 bits
        (64, 14, 960),  # 906 bits
        (65, 14, 960 + 64),
        (128, 8, 2 * 576),  # 522 bits each
    ],
)
def test_arrays_take_whole_memory_units(weights: int, width: int, bits: int) -> None:
    assert PROFILE.synapse.array_bits(weights, width) == bits


@pytest.mark.parametrize(
    ("top", "bits"), [(0, 0), (1, 6), (63, 6), (64, 7), (1023, 10), (4096, 12)]
)
def test_index_fields_have_the_least_width_that_holds_the_largest(
    top: int, bits: int
) -> None:
    assert PROFILE.synapse.index_width(top) == bits


def test_tiles_are_the_smallest_for_their_number() -> None:
    assert least_sizes(10) == (1, 2, 3, 4, 5, 10)
    assert list(cut(7, 3)) == [(0, 3), (3, 6), (6, 7)]
    assert count_cores((5, 4, 4, 6), 2, (3, 4, 5)) == 2 * (3 + 3 + 2)


def test_pools_compose_before_the_reader_sees_them() -> None:
    taps = window_taps(8, 2, 0, [HALF, HALF], 1)
    assert list(taps) == [((0, 1),)] * 4 + [((1, 1),)] * 4
    overlapping = Pooling((1, 2, 2), (1, 1, 1))
    taps = window_taps(4, 2, 0, [overlapping, overlapping], 2)
    first, second = ((0, 2), (1, 1)), ((0, 1), (1, 2))
    assert list(taps) == [((0, 1),), first, second, ((1, 1),)]


def test_taps_say_which_reader_taps_they_are_made_of() -> None:
    first, second = ((0, 1),), ((1, 1),)
    assert tuple(window_taps(5, 2, 1, [HALF], 1)) == ((), first, first, second, second)
    assert tuple(full_taps(5, [HALF], 1)) == (first, first, second, second, ())


def test_a_stride_above_the_kernel_skips_places() -> None:
    axis = Axis(7, 3, 3, 0, window_taps(1, 1, 0, (), 1))
    assert axis.view((0, 3)).inputs == 3
    assert axis.crossings(2, 1) == (1, 1, 0, 1)


def test_equal_tiles_share_their_view() -> None:
    axis = Axis(12, 12, 1, 1, window_taps(3, 3, 0, (), 1))
    assert axis.view((3, 6)) is axis.view((6, 9))
    assert axis.view((0, 3)) is not axis.view((3, 6))
    assert [axis.view(tile).inputs for tile in cut(12, 3)] == [4, 5, 5, 4]


def test_pooled_places_store_one_array_after_a_split() -> None:
    axis = Axis(4, 2, 2, 0, window_taps(2, 1, 0, [HALF], 1))
    view = axis.view((0, 2))
    shared = Footprint(view, view, 4, True, False)
    alone = Footprint(view, view, 4, False, False)
    assert storage_of(shared, PROFILE).arrays == ((1, 1),)
    assert storage_of(alone, PROFILE).arrays == ((1, 4),)


def test_arrays_are_stored_again_for_each_page_of_compartments() -> None:
    axis = Axis(16, 16, 1, 0, window_taps(1, 1, 0, (), 1))
    view = axis.view((0, 16))
    storage = storage_of(Footprint(view, view, 3, True, False), PROFILE)
    assert storage.arrays == ((1, 3),)  # 768 compartments
    assert storage.top == 512 + 2
    assert not storage.aligned
    assert storage_of(Footprint(view, view, 4, True, False), PROFILE).aligned


def test_zero_weights_differ_only_in_their_pattern() -> None:
    axis = Axis(5, 3, 1, 0, window_taps(3, 3, 0, (), 1))
    view = axis.view((0, 3))
    counts = dict(storage_of(Footprint(view, view, 1, True, True), PROFILE).arrays)
    assert sum(counts.values()) == 9  # 1, 2 or 3 rows by 1, 2 or 3 columns
    assert (
        sum(
            dict(
                storage_of(Footprint(view, view, 1, True, False), PROFILE).arrays
            ).values()
        )
        == 25
    )


def test_depth_groups_meet_where_a_tap_joins_them() -> None:
    taps: Any = (((0, 1),), ())
    depth = Depth(3, 0, taps)
    assert depth.meets((0, 1), (1, 2))
    assert not depth.weighs((0, 1), (1, 2))
