"""The advised value makes the spec fit, and a slightly larger one does not."""

import re
from collections.abc import Callable

import pytest

import snnc
from snnc.diagnostics import Diagnostic
from tests.fit.nets import far_reaching, layers, wide
from tests.support import ROOT, codes, compile_text, layered, problems

TOO_WIDE = wide(filters=200, cores=20)


def only(text: str) -> Diagnostic:
    """Return the only problem, apart from neurons that a board can't record."""
    _, report = compile_text(text, "place")
    (diagnostic,) = (d for d in report.diagnostics if d.code != "SNN415")
    return diagnostic


def advised_value(text: str, key: str) -> int:
    """Return the value that the help gives to a property."""
    found = re.search(rf"`{key} (\d+)`", only(text).help)
    assert found, only(text).help
    return int(found[1])


@pytest.mark.slow
def test_the_filters_told_are_the_most_that_fit() -> None:
    most = advised_value(TOO_WIDE, "filters")
    fits = [n for n in range(most, 200) if set(codes(wide(n, 20))) <= {"SNN412"}]
    assert most == max(fits)


def wide_kernel(kernel: int) -> str:
    line = f"conv2d a {{ filters 4, kernel {kernel}, stride 4 }}"
    return layered(line, shape="32x32x2", encode="conv e { filters 512 }")


@pytest.mark.parametrize(
    ("key", "spec", "given", "worse", "code"),
    [
        ("stride", lambda stride: wide(200, 20, stride), 1, -1, "SNN406"),
        ("cores", lambda cores: wide(200, cores), 20, -1, "SNN406"),
        ("filters", far_reaching, 64, 1, "SNN401"),
        ("kernel", wide_kernel, 29, 1, "SNN401"),
    ],
)
def test_the_value_told_is_the_last_that_fits(
    key: str, spec: Callable[[int], str], given: int, worse: int, code: str
) -> None:
    assert only(spec(given)).code == code
    value = advised_value(spec(given), key)
    assert set(problems(spec(value))) <= ({"SNN406"} if key == "kernel" else set())
    assert code in codes(spec(value + worse))


@pytest.mark.parametrize("units", [300, 2000])
def test_a_network_too_large_in_two_ways_is_told_both(units: int) -> None:
    lines = "conv2d a { filters 64 }", f"dense d {{ units {units} }}"
    text = layers(*lines, shape="48x48x1", target="cores 10")
    assert sorted(codes(text)) == ["SNN401", "SNN406"]


@pytest.mark.parametrize(("cores", "removed"), [(12, True), (2, False)])
def test_a_block_that_is_in_the_way_of_all_is_said_to_be(
    cores: int, removed: bool
) -> None:
    line = "conv2d c { filters 16, block 4x4x16 }"
    text = layers(line, shape="16x16x1", target=f"cores {cores}")
    diagnostic = only(text)
    assert diagnostic.code == "SNN406"
    found = diagnostic.help.startswith("remove `block` from `c`, or write ")
    assert found == removed
    without = codes(text.replace(", block 4x4x16", ""))
    # Its 3136 neurons are too many for a board to record, which is a warning.
    assert without == (["SNN415"] if removed else ["SNN406", "SNN415"])


def far_too_large(chips: int) -> str:
    line = "conv3d a { filters 32, padding same }"
    return layers(line, shape="64x128x128x1", target=f"chips {chips}")


@pytest.mark.slow
def test_on_many_chips_changes_are_bounds_and_the_chips_are_counted() -> None:
    diagnostic = only(far_too_large(chips=128))
    assert diagnostic.message.startswith("`net` needs 32768 cores")
    assert diagnostic.label == "more than 16 can't fit at this stride"
    assert diagnostic.help == (
        "write fewer `filters` or a larger `stride` in `a`, or `chips 256` in `target`"
    )
    assert diagnostic.notes[1] == (
        "needed for the neurons alone, and maybe not enough: `filters 16` or fewer, "
        "`stride 2x1x1` or more"
    )
    assert compile_text(far_too_large(chips=256), "place")[0].mapped is not None


def test_no_system_larger_than_there_is_is_told() -> None:
    text = far_too_large(chips=768).replace("filters 32", "filters 2000")
    assert "chips" not in only(text).help


def test_a_written_number_of_cores_is_raised_with_the_chips() -> None:
    text = TOO_WIDE.replace("14x14x2", "34x34x2").replace("dense d { units 16 }\n", "")
    found = re.search(r"`chips (\d+), cores (\d+)`", only(text).help)
    assert found
    target = f"chips {found[1]}, cores {found[2]}"
    assert problems(text.replace("cores 20", target)) == ["SNN415"]  # a warning


def test_what_mends_the_whole_network_is_told_for_its_layer_too() -> None:
    text = layers("conv2d a { filters 96 }", "dense d { units 32 }", shape="64x64x1")
    _, report = compile_text(text, "place")
    helps = {d.code: d.help for d in report.diagnostics}
    assert set(helps) == {"SNN401", "SNN406"}
    change = re.search(r"`(filters \d+|stride \d+)`", helps["SNN401"])
    assert change
    assert change[0] in helps["SNN406"]
    written = change[1] if "filters" in change[1] else f"filters 96, {change[1]}"
    assert problems(text.replace("filters 96", written)) == []


def test_changes_are_no_bounds_if_the_neurons_alone_would_fit() -> None:
    lines = "conv2d a { filters 256 }", "conv2d b { filters 1200 }"
    diagnostic = only(layers(*lines, shape="10x10x2", target="chips 3"))
    assert (diagnostic.code, diagnostic.label) == ("SNN406", "")
    assert diagnostic.help.endswith("fewer filters, or write `chips 4` in `target`")


def test_a_target_that_is_not_written_is_written_in_full() -> None:
    lines = "conv2d a { filters 256 }", "conv2d b { filters 512 }"
    text = layers(*lines, shape="10x10x2").replace("target loihi { chips 1 }", "")
    assert only(text).help.endswith(", or `target loihi { chips 2 }`")


def test_the_cores_needed_may_have_axons_of_two_kinds() -> None:
    text = (ROOT / "tests/rules/cases/SNN410/invalid.snn").read_text(encoding="utf-8")
    fewer = text.replace("cores 11", "cores 10")
    assert "`cores 11` in `target`" in only(fewer).help
    assert snnc.parse(fewer).fit(patient=False).needed == 11
    assert codes(text) == ["SNN410"]


def test_a_block_that_a_board_may_need_is_not_called_costly() -> None:
    first = "conv2d a { filters 24, padding same, block 32x4x4 }"
    lines = first, "maxpool p", "conv2d b { filters 48, padding same }"
    _, report = compile_text(layers(*lines, shape="32x32x4"), "place")
    assert "SNN409" not in {d.code for d in report.diagnostics}
