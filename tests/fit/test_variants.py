"""Variants that are offered fit, cost what is said, and keep what is said."""

from pathlib import Path

import pytest

import snnc
from snnc.fitting import trials
from snnc.fitting.trials import Change, Trials
from snnc.ir.logical import LogicalNetwork
from snnc.ir.lowered import LoweredNetwork
from snnc.passes.lower import lower
from tests.commands import run
from tests.fit.nets import far_reaching, layers, wide
from tests.fit.test_followed import change_property
from tests.rules.checking import assert_accepted
from tests.support import ROOT, compile_text, layered, sound

EXPECTED = Path(__file__).parent / "expected"
TOO_WIDE = wide(filters=200, cores=20)


def fit_text(text: str) -> snnc.Fit:
    return snnc.parse(text).fit(patient=False)


def test_every_variant_written_into_the_spec_takes_the_cores_that_are_said() -> None:
    variants = fit_text(TOO_WIDE).variants
    assert len(variants) >= 3
    kept = [variant.kept for variant in variants]
    assert kept == sorted(kept, reverse=True)
    assert all(0 < share < 1 for share in kept)
    for variant in variants:
        text = TOO_WIDE
        for change in variant.changes:
            text = change_property(text, change.layer, change.text)
        mapped = sound(text, "place")
        assert mapped.cores == variant.cost.cores <= 20
        neurons = sum(p.population.neurons for p in mapped.populations if p.cores)
        assert neurons == variant.cost.neurons


def test_nothing_is_offered_where_no_single_change_fits() -> None:
    lines = [f"conv2d c{i} {{ filters 8 }}" for i in range(4)]
    text = layers(*lines, shape="30x30x1", target="cores 2")
    found = fit_text(text)
    assert (found.present, found.variants) == (None, ())
    assert found.needed == sound(text.replace("cores 2", "chips 1"), "place").cores


@pytest.mark.parametrize("others", [(), ("conv2d c0 { filters 1 }",)])
def test_no_variant_is_offered_twice(others: tuple[str, ...]) -> None:
    """Only one layer can get fewer filters: all of them together are that one."""
    lines = (*others, "conv2d c1 { filters 64 }")
    found = fit_text(layers(*lines, shape="12x12x1", target="cores 4")).variants
    assert found
    assert len({variant.cost for variant in found}) == len(found)
    assert len({variant.changes for variant in found}) == len(found)


def test_tied_layers_are_not_offered_widths_that_do_not_add_up() -> None:
    text = (ROOT / "specs/residual.snn").read_text(encoding="utf-8")
    for variant in snnc.parse(text).fit(6, patient=False).variants:
        assert variant.cost.cores <= 6


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("drift-4.txt", "drift --cores 4"),
        ("drift-4.json", "drift --cores 4 --format json"),
        ("allconv-10.txt", "allconv --cores 10"),
        ("drift-grow.txt", "drift --cores 12"),
        ("drift-1.txt", "drift --cores 1"),
    ],
)
def test_the_command_prints_exactly_this(
    name: str, arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    spec, *options = arguments.split()
    assert_accepted(EXPECTED / name, run("fit", f"specs/{spec}.snn", *options).stdout)


def many_layers() -> str:
    """Return a network of 60 layers, whose first one has the most neurons."""
    lines = (
        f"conv2d c{i} {{ filters {max(4, 24 - 4 * i)}, padding same }}"
        for i in range(60)
    )
    text = layered(*lines, shape="8x8x1", encode="conv e")
    return text.replace("classes 4", "classes 2")


@pytest.mark.parametrize(
    ("name", "cores"), [("untried.txt", "128"), ("untried-2.txt", "2")]
)
def test_layers_are_tried_as_long_as_work_lasts_and_the_rest_is_told(
    name: str, cores: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PATIENT_WORK", 16_000)
    spec = tmp_path / "net.snn"
    spec.write_text(many_layers(), encoding="utf-8")
    assert_accepted(EXPECTED / name, run("fit", spec, "--cores", cores).stdout)


def test_variants_of_a_large_network_are_counted_with_what_the_others_found() -> None:
    results, _ = compile_text(many_layers(), "lower")
    tried = Trials(results.spec, results.network.target, results.device)
    for value in range(4, 24):
        tried.cost((Change("c30", "filters", value),))
    # Each differs from the rest in what one layer is and another reads.
    assert len(tried.cache.choices) < 60


def test_advice_lowers_only_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler has already lowered the spec itself."""
    made, _ = compile_text(TOO_WIDE, "lower")
    lowered = list[LogicalNetwork]()

    def keep_lowered(network: LogicalNetwork) -> LoweredNetwork:
        lowered.append(network)
        return lower(network)

    monkeypatch.setattr(trials, "lower", keep_lowered)
    report = compile_text(TOO_WIDE, "place")[1]
    assert report.errors
    assert lowered
    shapes = [layer.shape for layer in made.network.layers]
    assert all([x.shape for x in network.layers] != shapes for network in lowered)


@pytest.mark.parametrize("shape", ["16x16x1", "99x99x1"])
def test_a_network_is_mapped_once_to_count_its_cores(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiler has mapped it, or knows that it is too large to be mapped."""
    lines = [f"conv2d c{i} {{ filters 40 }}" for i in range(2)]
    text = layers(*lines, shape=shape, target="cores 4")

    def map_again(tried: Trials) -> None:
        raise AssertionError(tried)

    monkeypatch.setattr(Trials, "without_limit", property(map_again))
    report = compile_text(text, "place")[1]
    assert report.errors


def test_each_projection_of_a_variant_is_work() -> None:
    pools = "\n".join(
        f"maxpool m{i} {{ window 2, stride 1, padding same }}" for i in range(20)
    )
    text = layered("conv2d c { filters 4, padding same }", pools)
    made, _ = compile_text(text, "lower")
    tried = Trials(made.spec, made.network.target, made.device)
    projections = len(tried.as_is.projections)
    per_layer = trials.LAYER * len(made.network.layers)
    assert projections > 20 * 20
    assert tried.work == per_layer + projections // trials.PROJECTIONS_OF_WORK


@pytest.mark.parametrize("lines", ["block 9x4x4", "block 4x4x4"])
def test_advice_ends_where_its_work_does(
    lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "MOST_WORK", 5_000)
    text = many_layers().replace("padding same", f"padding same, {lines}")
    _, report = compile_text(text, "place")
    assert ("SNN403" in {d.code for d in report.diagnostics}) == ("9" in lines)


def test_what_is_offered_in_haste_was_mapped() -> None:
    text = wide(filters=96, cores=2000).replace("{ cores 2000 }", "{ chips 16 }")
    spec = snnc.parse(text)
    haste = spec.fit(patient=False)
    assert haste.cores > trials.MOST_MAPPED
    assert haste.variants
    for variant in haste.variants:
        changed = spec.replace(**variant.settings)
        assert changed.report().cores <= haste.cores
        assert variant.cost.neurons == changed.report().neurons


@pytest.mark.parametrize(
    ("text", "status", "out", "err"),
    [
        (TOO_WIDE.replace("loihi { cores 20 }", "nengo"), 1, "", "has no cores"),
        (far_reaching(), 0, "a: filters", "SNN401"),
    ],
    ids=["without a chip", "a fan-in that no core holds"],
)
def test_what_is_printed_where_a_network_does_not_fit(
    text: str, status: int, out: str, err: str, tmp_path: Path
) -> None:
    spec = tmp_path / "net.snn"
    spec.write_text(text, encoding="utf-8")
    done = run("fit", spec)
    assert done.returncode == status
    assert out in done.stdout if out else not done.stdout
    assert err in done.stderr
