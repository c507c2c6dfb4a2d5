"""Pictures: what they say, and that none of their texts covers another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import snnc
from snnc.results.evaluation import Evaluation
from snnc.results.report import Report
from snnc.results.scores import Score
from snnc.results.statistics import LayerFiring
from snnc.results.sweep import Sweep
from snnc.verbs.report.summary import report_of
from snnc.views.core_map import core_map
from snnc.views.palette import HOST, looks
from snnc.views.plots import networks, results
from snnc.views.plots.style import save, theme
from tests.commands import run
from tests.support import ROOT, network, sound
from tests.sweep.test_front import variant
from tests.verbs.test_results import CLASSES, VALUES

pytest.importorskip("matplotlib").use("agg")

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RANDOM = np.random.default_rng(0)
LONG = """
    input a_rather_long_name_of_an_input 12x12x1 in 0..1
    encode conv encoder { filters 8, padding same }
    conv2d first_convolution_of_the_block { filters 8, padding same }
    conv2d second_convolution_of_it { filters 8, padding same, shortcut encoder }
    add the_sum from first_convolution_of_the_block, second_convolution_of_it
    dense d0 { units 32 }
    readout label { classes 10 }
"""
TRAINS: dict[str, Any] = {
    "encode": RANDOM.integers(0, 2, (40, 8, 8, 4)),
    "c0": np.zeros((40, 6, 6, 8), np.uint8),
    "d0": RANDOM.integers(0, 2, (40, 12)),
}
FIRING = {
    layer.name: LayerFiring.of(RANDOM.integers(0, 9, (20, 30)))
    for layer in CLASSES.layers
}
FIRING["c0"] = LayerFiring.of(np.zeros((20, 30), int))
MANY = replace(CLASSES, confusion=tuple(map(tuple, np.eye(40, dtype=int))), names=())
SWEPT = [variant(n) for n in range(1, 17)]
PHASES = [("smooth", 0), ("scale", 1), ("spikes", 1)]
OUTPUTS = np.linspace(0, 1, 20).reshape(10, 2)
HISTORY = {"loss": [2.0, 1.0], "val_loss": [2.1, 1.2], "accuracy": [0.4, 0.8]}


def swept(variants: list[Any]) -> Sweep:
    return Sweep("digits", tuple(variants))


def summed(text: str) -> Report:
    return report_of(sound(text, "route"))


def spec(name: str) -> Report:
    return summed((ROOT / "specs" / f"{name}.snn").read_text(encoding="utf-8"))


PICTURES = {
    "network": lambda: networks.network(spec("residual")),
    "network of long names": lambda: networks.network(summed(network(LONG))),
    "network without a chip": lambda: networks.network(
        summed(network("target nengo\n" + LONG))
    ),
    "cores": lambda: networks.cores(spec("drift")),
    "cores of a row": lambda: networks.cores(spec("allconv")),
    "raster": lambda: results.raster(TRAINS, 0.001),
    "rates": lambda: results.rates(FIRING, CLASSES.layers, 0.06),
    "accuracy": lambda: results.accuracy(CLASSES, 0.001),
    "error": lambda: results.accuracy(VALUES, 0.001),
    "confusion": lambda: results.confusion(CLASSES),
    "confusion of many": lambda: results.confusion(MANY),
    "correlation": lambda: results.correlation(CLASSES),
    "training": lambda: results.training(HISTORY),
    "sweep": lambda: swept(SWEPT).plot(),
    "loss": lambda: results.training(HISTORY, "loss"),
    "phases": lambda: results.training(HISTORY, phases=PHASES),
    "predictions": lambda: results.predictions(OUTPUTS, OUTPUTS[::-1], "digits"),
}


def texts(ax: Axes) -> list[tuple[str, Any]]:
    """Return all visible texts with their extents in pixels."""
    from matplotlib.text import Text

    figure = ax.get_figure()
    assert figure is not None
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found, beyond = [], set(_beyond(ax))
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text in beyond:
            continue
        box = text.get_window_extent(renderer)
        if text.get_visible() and text.get_text() and box.width > 0:
            found.append((text.get_text(), box))
    return found


def _beyond(ax: Any) -> Iterator[Any]:
    """Return the labels of ticks outside the view, which are not drawn."""
    for axis in (ax.xaxis, ax.yaxis):
        drawn = {id(tick) for tick in axis._update_ticks()}
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if id(tick) not in drawn:
                yield from (tick.label1, tick.label2)
    for inner in ax.child_axes:
        yield from _beyond(inner)


def words(ax: Axes) -> str:
    return "\n".join(text for text, _ in texts(ax))


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_covers_another_or_leaves_the_page(name: str) -> None:
    with theme():
        ax = PICTURES[name]()
        found = texts(ax)
    figure = ax.get_figure()
    assert figure is not None
    for (one, box), (other, at) in combinations(found, 2):
        inner = box.padded(-1)
        assert not inner.overlaps(at.padded(-1)), f"{one!r} covers {other!r}"
    page = figure.bbox.padded(2)
    for text, box in found:
        assert page.contains(box.x0, box.y0), text
        assert page.contains(box.x1, box.y1), text
    import matplotlib.pyplot as plt

    plt.close("all")


def test_a_network_shows_shapes_cores_and_shortcuts() -> None:
    ax = networks.network(spec("residual"))
    said = words(ax)
    for text in ("stem", "16x16x8", "2 cores", "folded into its reader", "9 cores"):
        assert text in said
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 2


def test_a_max_pool_has_the_cores_of_its_levels() -> None:
    pooled = LONG.replace("dense d0", "maxpool p0 { window 2 }\n    dense d0")
    drawn = summed(network(pooled))
    (row,) = (row for row in networks.nodes(drawn) if row.name == "p0")
    mapped = sound(network(pooled), "place")
    cores = sum(level.cores for level in mapped.of_layer("p0"))
    assert row.costs.endswith(f", {cores} cores")
    populations = mapped.populations
    on_chip = sum(p.population.neurons for p in populations if p.cores)
    assert f"{on_chip} neurons" in networks.network(drawn).get_title("left")


def test_what_skips_layers_has_a_lane_of_its_own() -> None:
    rows = networks.nodes(summed(network(LONG)))
    skips = [(a, b, lane) for a, b, _, lane in networks._skips(rows)]
    assert skips == [(1, 3, 0), (2, 4, 1)]


def test_cores_are_filled_by_their_four_limits() -> None:
    drift = spec("drift")
    ensembles = [each for layer in drift.layers for each in layer.ensembles]
    used = [share for each in ensembles for use in each.use for share in use]
    ax = networks.cores(drift)
    *layers, _ = (np.asarray(patch.get_path().vertices) for patch in ax.patches)
    assert [len(layer) // 20 for layer in layers] == [3, 1, 1]
    corners = [bar for layer in layers for bar in layer.reshape(-1, 5, 2)]
    heights = [(bar[2, 1] - bar[0, 1]) / 0.9 for bar in corners]
    assert heights == pytest.approx(used)
    assert max(heights) == pytest.approx(784 / 1024)
    with pytest.raises(ValueError, match="no cores"):
        networks.cores(summed(network("target nengo\n" + LONG)))


def test_each_chip_has_its_place() -> None:
    chips = (ROOT / "tests/report/specs/chips.snn").read_text(encoding="utf-8")
    placed = {
        text.get_text(): text.get_position()
        for text in networks.cores(summed(chips)).texts
    }
    (_, first), (_, second) = placed["chip 1"], placed["chip 2"]
    assert first > second


def test_a_raster_marks_each_spike_that_is_shown() -> None:
    ax = results.raster(TRAINS, 0.001)
    lines: list[Any] = [ax.lines[i] for i in (0, 2, 4)]
    encode, c0, d0 = (len(line.get_xdata()) for line in lines)
    assert (d0, c0) == (TRAINS["d0"].sum(), 0)
    assert encode > 0
    assert "60 of 256" in words(ax)
    assert ax.get_xlim() == (0, 40)


def test_rates_tell_what_is_missed() -> None:
    ax = results.rates(FIRING, CLASSES.layers, 0.06)
    lines: Any = ax.lines
    assert {n.get_label(): (n.get_marker(), [*n.get_xdata()]) for n in lines} == {
        "percentile, held": ("o", [210.0, 160.0, 11.0]),
        "percentile, missed": ("X", [183.3, 3.2]),
    }
    assert "percentile, missed" in words(ax)


def test_accuracy_is_over_time_beside_energy_and_keras() -> None:
    ax = results.accuracy(CLASSES, 0.001)
    line: Any = ax.lines[0]
    assert list(line.get_xdata()) == [15, 30, 60]
    assert list(line.get_ydata()) == [12.5, 50, 98]
    assert "energy per example on the chip (uJ)" in words(ax)
    assert "Keras" in words(ax)
    with pytest.raises(ValueError, match="no presentation time"):
        results.accuracy(Evaluation("n", "keras", None, 1, None, True, Score(1)), 0.001)


def test_a_confusion_matrix_has_its_numbers() -> None:
    said = words(results.confusion(CLASSES)).split("\n")
    assert {"97", "99", "3", "right"} <= {*said}
    assert "0" not in said
    with pytest.raises(ValueError, match="no confusion matrix"):
        results.confusion(VALUES)


def test_training_shows_validation_beside_it() -> None:
    named = {text.get_text() for text in results.training(HISTORY, phases=PHASES).texts}
    assert named == {"smooth", "scale, spikes"}
    assert not results.training(HISTORY, phases=PHASES[:1]).texts
    ax = results.training(HISTORY, "loss")
    assert [line.get_label() for line in ax.lines] == ["training", "validation"]
    with pytest.raises(ValueError, match="no recall: it has accuracy, loss, val_loss"):
        results.training(HISTORY, "recall")


def test_the_best_of_a_regression_have_the_least_error() -> None:
    lines = []
    for each in SWEPT:
        (found,) = each.results
        error = {**found, "accuracy": None, "rmse": found["accuracy"]}
        lines.append(each.with_results((error,)))
    with theme():
        said = words(swept(lines).plot())
    assert "best: error, energy, cores" in said
    assert "accuracy" not in said


def test_axes_are_taken_and_returned() -> None:
    import matplotlib.pyplot as plt

    figure, both = plt.subplots(1, 2)
    assert results.correlation(CLASSES, both[1]) is both[1]
    assert networks.cores(spec("drift"), both[0]) is both[0]
    plt.close(figure)


@pytest.mark.parametrize("count", [6, 18, 19, 60])
def test_each_layer_has_a_look_of_its_own(count: int) -> None:
    looked = looks([f"c{i}" for i in range(count)])
    assert len(set(looked.values())) == count


def test_a_layer_has_the_same_colour_in_every_picture_and_the_host_is_grey() -> None:
    """The encoder is on the host, and `c0` is the first layer on the chip."""
    from matplotlib.colors import to_hex

    drift = spec("drift")
    first = looks(["c0"])["c0"].colour
    assert core_map(drift)["parts"][1]["colour"] == first
    patches: Any = networks.network(drift).patches
    assert to_hex(patches[1].get_edgecolor()) == HOST
    assert to_hex(patches[2].get_edgecolor()) == first.lower()
    lines: Any = results.raster(TRAINS, 0.001, host=["encode"]).lines
    marks = {n: to_hex(lines[2 * i].get_color()) for i, n in enumerate(TRAINS)}
    assert (marks["encode"], marks["c0"]) == (HOST, first.lower())
    rates: Any = results.rates(FIRING, CLASSES.layers, 0.06, host=["encode"])
    filled = {to_hex(each.get_facecolor()[0]) for each in rates.collections}
    assert {HOST, looks(["c0", "c1"])["c1"].colour.lower()} <= filled
    bars: Any = results.correlation(CLASSES, host=["encode"]).patches
    assert to_hex(bars[0].get_facecolor()) == HOST


def test_bars_start_at_0_and_an_emulator_is_no_chip() -> None:
    assert results.correlation(CLASSES).get_xlim()[0] == 0
    ax = results.accuracy(CLASSES, 0.001)
    assert [line.get_label() for line in ax.lines] == [
        "spikes, exact",
        "Keras before spikes",
    ]
    assert "estimated energy" in words(ax)


def test_the_same_picture_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg", "dated.pdf"):
        with theme():
            save(results.training(HISTORY), tmp_path / name)
    one = (tmp_path / "one.svg").read_bytes()
    assert one == (tmp_path / "two.svg").read_bytes()
    assert b"CreationDate" not in (tmp_path / "dated.pdf").read_bytes()


def test_without_matplotlib_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[plot\]'"):
        snnc.load(ROOT / "specs/drift.snn").report().plot_cores()
    done = run("plot", str(ROOT / "specs/drift.snn"), "-o", "net.png")
    assert (done.returncode, "pip install '.[plot]'" in done.stderr) == (1, True)


def test_there_is_no_other_picture_of_a_spec() -> None:
    with pytest.raises(ValueError, match="no picture raster of a Spec"):
        snnc.plot(snnc.load(ROOT / "specs/drift.snn"), "raster")
