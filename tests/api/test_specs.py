"""Specs in Python: read, changed, asked and written."""

import copy
import math
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import snnc
from snnc.language.model import LoihiTarget
from snnc.passes import PIPELINE
from snnc.verbs.report.summary import report_of
from tests.support import ROOT, compile_text

DRIFT = ROOT / "specs" / "drift.snn"


def anything(value: object) -> Any:
    """Return what no type allows, for those who do not check types."""
    return value


SMALL = """\
snn 1

network small {
  # what it reads
  input image 6x6x1 in 0..1
  encode conv { filters 2 }
  conv2d c0 { filters 3, kernel 3 }  # the only one
  readout y { classes 3 }
}
"""


def test_a_file_and_its_text_are_one_spec() -> None:
    spec = snnc.load(DRIFT)
    assert (spec.name, spec.path, spec.fits) == ("drift", DRIFT, True)
    assert spec == snnc.parse(DRIFT.read_text()) == snnc.load(str(DRIFT))
    assert spec == snnc.load(DRIFT.with_suffix(".yaml"))
    assert {spec, snnc.parse(spec.text)} == {spec}
    assert snnc.diff(DRIFT, spec).same
    assert str(spec) == DRIFT.read_text()
    assert "drift.snn" in repr(spec)


def test_what_a_spec_says_can_be_read() -> None:
    spec = snnc.load(DRIFT)
    c0 = spec.layers["c0"]
    assert [*spec.layers] == ["encode", "c0", "c1", "d0"]
    assert (c0.kind, c0.filters, c0.kernel) == ("conv3d", 8, (3, 3, 3))
    assert (c0.stride, c0.shape, c0.sources) == ((1, 2, 2), (6, 7, 7, 8), ("encode",))
    assert (c0.rate, c0.percentile, c0.synapse) == ((20.0, 250.0), 99.9, 0.001)
    assert (c0.neuron.kind, c0.bias, c0.block) == ("relu", True, "auto")
    assert (spec.layers["d0"].units, spec.layers["d0"].dropout) == (64, 0.2)
    assert (spec.input.shape, spec.input.within) == ((8, 16, 16, 1), (0.0, 1.0))
    assert (spec.timing.present, spec.timing.synapse) == (0.04, 0.001)
    assert (spec.train.epochs, spec.train.batch) == (20, 64)
    assert spec.train.loss is not None
    assert spec.train.loss.kind == "cross_entropy"
    assert spec.train.optimizer.learning_rate == 1e-3
    assert spec.readout.classes == tuple("01234567")
    assert spec.readout.sources == ("d0",)
    assert spec.target == LoihiTarget(chips=1, cores=128)
    assert spec.about.startswith("Eight directions")
    lif = spec.replace(defaults={"neuron": {"lif": {"tau_rc": "10 ms"}}})
    assert lif.layers["c1"].neuron.tau_rc == 0.01
    assert lif.layers["c1"] != spec.layers["c1"]


def test_a_layer_has_the_properties_of_its_kind_and_keeps_them() -> None:
    layer = snnc.parse(SMALL).layers["c0"]
    with pytest.raises(AttributeError, match="conv2d has no `units`: it has `name`"):
        _ = layer.units
    with pytest.raises(AttributeError, match=r"spec.replace\(c0={'filters': ...}\)"):
        layer.filters = 4
    assert pickle.loads(pickle.dumps(layer)) == copy.copy(layer) == layer
    assert "filters" in dir(layer)


def test_yaml_is_known_by_how_it_begins() -> None:
    text = DRIFT.with_suffix(".yaml").read_text()
    assert snnc.parse(text).notation == snnc.parse("\n# hi\n" + text).notation == "yaml"
    ruler = f"{'#' * 70}\n"  # each sign might begin a comment
    assert snnc.parse(ruler + text).notation == "yaml"
    assert snnc.parse(ruler + SMALL).notation == "snn"
    with pytest.raises(ValueError, match="no notation xml: name `snn` or `yaml`"):
        snnc.parse(SMALL).to(anything("xml"))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"c0": {"filters": 4}}, "conv2d c0 { filters 4, kernel 3 }  # the only one"),
        ({"c0": {"rate": "20..200 Hz"}}, "kernel 3, rate 20..200 Hz }"),
        ({"c0": {"bias": False}}, "kernel 3, bias off }"),
        ({"c0": {"kernel": (3, 5)}}, "kernel 3x5 }"),
        ({"c0": {"kernel": None}}, "conv2d c0 { filters 3 }"),
        ({"c0": {"neuron": {"lif": {"tau_rc": "10 ms"}}}}, "lif { tau_rc 10 ms }"),
        ({"image": {"shape": (8, 8, 1), "in": (0, 255)}}, "image 8x8x1 in 0..255"),
        ({"y": {"classes": ["a", "b", "c"]}}, "classes [a, b, c]"),
        ({"timing": {"present": "60 ms"}}, "timing { present 60 ms }"),
        ({"timing": {"present": 60}}, "timing { present 60 ms }"),
        ({"c0": {"rate": "20..200"}}, "rate 20..200 Hz }"),
        ({"c0": {"rate": (20, 200)}}, "rate 20..200 Hz }"),
        ({"train": {"optimizer": {"sgd": {"learning_rate": 0.5}}}}, "sgd { learning"),
        ({"neuron": {"lif": {"tau_rc": "10 ms"}}}, "{ neuron lif { tau_rc 10 ms } }"),
        ({"network": "other"}, "network other {"),
        ({"about": "All that it does."}, 'about "All that it does."'),
        ({"target": "nengo"}, "target nengo"),
        ({"encode": "rate"}, "encode rate\n"),
    ],
)
def test_replace_changes_one_thing_and_keeps_comments(
    changes: dict[str, Any], line: str
) -> None:
    spec = snnc.parse(SMALL)
    changed = spec.replace(**changes)
    assert line in changed.text
    assert changed.text.count("#") == SMALL.count("#")
    assert spec.text == SMALL
    assert changed != spec
    again = snnc.parse(changed.text)
    assert again == changed
    assert again.text == changed.text  # in the one true layout
    assert snnc.parse(changed.to("yaml")) == changed
    as_yaml = snnc.parse(spec.to("yaml")).replace(**changes)
    assert as_yaml == changed
    assert snnc.parse(as_yaml.text) == changed


def test_replace_goes_on_from_what_was_replaced() -> None:
    lif = "  neuron lif { tau_ref 1 ms }\n  input"
    spec = snnc.parse(SMALL.replace("  input", lif)).replace(c0={"filters": 4})
    spec = spec.replace(c0={"kernel": 2}, neuron={"lif": {"tau_rc": "10 ms"}})
    assert "filters 4, kernel 2 }" in spec.text
    assert spec.layers["c0"].neuron.tau_rc == 0.01
    assert spec.replace(neuron="relu").layers["c0"].neuron.kind == "relu"
    assert spec.path is None


def test_what_is_replaced_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = snnc.load(DRIFT)
    step = next(step for step in PIPELINE if step.name == "parse")
    monkeypatch.setitem(vars(sys.modules[step.run.__module__]), "parse", None)
    cores = [spec.replace(c0={"filters": n}).report().cores for n in (6, 8, 16)]
    assert cores == [4, 5, 8]


@pytest.mark.parametrize(
    ("changes", "code", "said", "column"),
    [
        ({"c0": {"filtrs": 4}}, "SNN203", "did you mean `filters`?", 4),
        ({"c0": {"filters": 4.5}}, "SNN205", "a whole number", 12),
        ({"c0": {"filters": "many"}}, "SNN205", "`many`", 12),
        ({"imgae": {"in": "0..1"}}, "SNN250", "did you mean `image`?", 1),
        ({"timing": {"present": "60 Hz"}}, "SNN209", "Hz", 19),
        ({"c0": {"kernel": 9}}, "SNN301", "at most 6", 11),
        ({"c0": 5}, "SNN250", "no value of its own", 1),
        ({"filters": 5}, "SNN250", "did you mean `c0.filters`?", 1),
        ({"c0": 5}, "SNN250", "such as `c0.filters=3`", 1),
        ({"image": 5}, "SNN250", "such as `image.shape`", 1),
        ({"timing": 5}, "SNN250", "such as `timing.dt`", 1),
    ],
)
def test_what_is_wrong_is_told_as_in_a_file(
    changes: dict[str, Any], code: str, said: str, column: int
) -> None:
    with pytest.raises(snnc.SpecError) as caught:
        snnc.parse(SMALL).replace(**changes)
    (found,) = caught.value.diagnostics
    assert (found.code, found.file, found.column) == (code, "replace", column)
    assert said in str(caught.value)


WRONG: dict[str, Callable[[snnc.Spec], Any]] = {
    "TypeError: cores is inf, not a whole number": lambda s: s.fit(anything(math.inf)),
    "TypeError: cores is 2.5, not a whole number": lambda s: s.fit(anything(2.5)),
    "TypeError: cores is True, not a whole number": lambda s: s.fit(True),
    "ValueError: cores is 0, not 1 or more": lambda s: s.fit(0),
    "ValueError: .* no cores": lambda s: s.replace(target="nengo").fit(4),
    "TypeError: .* type object": lambda s: s.replace(c0={"filters": object()}),
    "TypeError: text is NoneType, not a string": lambda s: snnc.parse(anything(None)),
    "TypeError: name is NoneType": lambda s: snnc.parse(SMALL, name=anything(None)),
    "ValueError: text .* surrogate": lambda s: snnc.parse(SMALL + "\ud800"),
    "ValueError: .*surrogate": lambda s: s.replace(c0={"padding": "a\ud800"}),
    "TypeError: .* nor a list of texts": lambda s: snnc.sweep(s, "c0.filters=2,3"),
    "TypeError: .*neither values by path": lambda s: snnc.sweep(s, anything(3)),
    "TypeError: .*not a string": lambda s: snnc.sweep(s, anything([None])),
}


@pytest.mark.parametrize("said", WRONG)
def test_wrong_arguments_are_refused(said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        WRONG[said](snnc.parse(SMALL))
    assert re.match(said, f"{caught.typename}: {caught.value}")


def test_errors_tell_all_and_show_the_lines() -> None:
    bad = SMALL.replace("filters 2", "filtrs 2").replace("classes 3", "clases 3")
    with pytest.raises(snnc.SpecError) as caught:
        snnc.parse(bad, name="bad.snn")
    error = caught.value
    assert [d.line for d in error.diagnostics] == [6, 8]
    assert "encode conv { filtrs 2 }" in str(error)
    shown = error._repr_html_()
    assert shown.startswith("<pre")
    assert (
        '<span style="color: #c8490a; font-weight: 600">error[SNN203]</span>' in shown
    )
    assert "\x1b" not in shown
    assert "\x1b[" in "".join(error._render_traceback_())
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert [*map(str, again.diagnostics)] == [*map(str, error.diagnostics)]


def test_check_returns_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "bad.snn"
    bad.write_text(SMALL.replace("filters 2", "filtrs 2"))
    (found,) = snnc.check(bad)
    assert (found.code, found.severity, found.line) == ("SNN203", "error", 6)
    assert str(found).startswith(f"{bad.as_posix()}:6:17: error[SNN203]")
    assert snnc.check(bad, fix=True) == ()
    assert bad.read_text() == SMALL
    assert snnc.check(snnc.load(bad)) == ()
    (missing,) = snnc.check(tmp_path / "none.snn")
    assert missing.code == "SNN700"


def test_a_report_is_that_of_the_command_line() -> None:
    report = snnc.report(DRIFT)
    made, _ = compile_text(DRIFT.read_text(), "route")
    assert made.routed is not None
    again = report_of(made.routed)
    assert str(report) == str(again)
    assert report.explained().markdown() == again.explained().markdown()
    shown = again._repr_html_()
    spec = snnc.load(DRIFT)
    assert shown[shown.index("<h2>The cores") :].removesuffix("</div>") in spec.page()
    assert "What changed since" in spec.page(against=DRIFT)
    told = report.as_dict()
    assert (report.cores, report.chips) == (told["cores"], told["chips"])
    assert report.energy == pytest.approx(told["energy_joules"])
    assert report.operations == pytest.approx(told["synaptic_operations"])
    assert report.weights == 22932
    assert [layer.name for layer in report.layers][:2] == ["encode", "c0"]


def test_what_is_too_large_is_reported_too() -> None:
    spec = snnc.load(DRIFT).replace(target={"cores": 2})
    assert not spec.fits
    report = spec.report()
    assert (report.cores, report.fits) == (5, False)
    assert [d.severity for d in report.diagnostics] == ["error"]


def test_a_spec_is_saved_once(tmp_path: Path) -> None:
    spec = snnc.parse(SMALL).replace(c0={"filters": 4})
    path = tmp_path / "new" / "small.yaml"
    saved = spec.save(path)
    assert (saved.path, saved) == (path, spec)
    assert saved.text.startswith("snn: 1")
    with pytest.raises(FileExistsError, match="force=True"):
        spec.save(path)
    assert spec.save(path, force=True) == spec


def test_the_language_can_be_read() -> None:
    page: Any = snnc.explain("snn301")
    assert page.startswith("# SNN301")
    assert page._repr_markdown_() == str(page)
    assert snnc.explain(301) == snnc.explain("301") == snnc.explain("SNN301")
    with pytest.raises(ValueError, match="did you mean SNN301"):
        snnc.explain("SN301")
    assert str(snnc.limits()).splitlines()[1].split()[:4] == [
        "cores",
        "per",
        "chip",
        "128",
    ]
    assert snnc.schema()["$schema"].endswith("draft-07/schema#")
    assert snnc.convert(DRIFT).startswith("snn: 2")
    assert snnc.convert(DRIFT, "snn") == snnc.fmt(DRIFT) == DRIFT.read_text()


def test_another_device_is_asked_for_by_its_file(tmp_path: Path) -> None:
    device = tmp_path / "large.toml"
    limits = (ROOT / "snnc" / "loihi" / "loihi1.toml").read_text()
    device.write_text(limits.replace("compartments = 1024", "compartments = 2048"))
    spec = snnc.load(DRIFT, str(device))
    assert spec.report().cores < snnc.load(DRIFT).report().cores
    assert spec.replace(c0={"filters": 8}).device == str(device)
    assert spec != snnc.load(DRIFT)


def test_an_imported_network_that_does_not_fit_is_returned(tmp_path: Path) -> None:
    device = tmp_path / "small.toml"
    limits = (ROOT / "snnc" / "loihi" / "loihi1.toml").read_text()
    device.write_text(limits.replace("synapse_bits = 1048576", "synapse_bits = 64"))
    model = ROOT / "tests" / "importer" / "data" / "k3_chain.keras"
    spec, weights = snnc.import_keras(model, device=str(device), tell=lambda _: None)
    assert not spec.fits
    assert "error" in [found.severity for found in spec.diagnostics]
    assert set(weights) == set(snnc.import_keras(model, tell=lambda _: None)[1])


def test_what_is_shown_is_what_is_printed() -> None:
    for shown in (snnc.parse(SMALL), snnc.report(DRIFT), snnc.fit(DRIFT, 4)):
        said: list[str] = []
        printer = SimpleNamespace(text=said.append)
        vars(type(shown))["_repr_pretty_"](shown, printer, False)
        assert said == [str(shown)]


def test_weights_are_a_file_or_tensors_by_name(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    from tests.weights.files import SMALL as NET
    from tests.weights.files import save, weights_of

    file, spec = tmp_path / "w.safetensors", snnc.parse(NET)
    save(file, NET, weights_of(NET))
    of_file, of_tensors = snnc.weights(file, spec), snnc.weights(weights_of(NET), spec)
    assert of_file.fits
    assert of_tensors.fits
    assert of_file.shapes == of_tensors.shapes
    spoilt = {**weights_of(NET), "b.bias": np.zeros(99, "f4")}
    assert not snnc.weights(spoilt, spec).fits
    assert snnc.weights(spoilt).fits
