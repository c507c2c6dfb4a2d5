"""Packages from Python: written, checked, opened."""

import pickle
from pathlib import Path

import pytest

import snnc
from snnc.cli import main
from snnc.passes import route
from snnc.passes.route import Spikes, partition
from snnc.verbs.build import MARK
from tests.api.test_specs import SMALL
from tests.commands import run_python
from tests.support import network

ONE_NEURON = "filters 1, block 1x1x1"
TWO_CHIPS = network(f"""
    target loihi {{ chips 2 }}
    input x 14x14x1 in 0..1
    encode rate
    conv2d a {{ {ONE_NEURON} }}
    conv2d b {{ {ONE_NEURON}, stride 2 }}
    readout y {{ classes 2 }}
""")


@pytest.fixture
def spec(tmp_path: Path) -> snnc.Spec:
    """Return a spec that is in a file."""
    path = tmp_path / "specs" / "small.snn"
    path.parent.mkdir()
    path.write_text(SMALL)
    return snnc.load(path)


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_build_is_that_of_the_command_line(spec: snnc.Spec, tmp_path: Path) -> None:
    package = spec.build(tmp_path / "models")
    assert package.folder == tmp_path / "models" / "small"
    built = files(package.folder)
    assert main(["build", str(spec.path), "-o", str(tmp_path / "models")]) == 0
    assert files(package.folder) == built
    assert spec.build(tmp_path / "models", check=True).name == "small"


def test_a_report_and_a_build_put_cores_on_chips_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def count_call(spikes: Spikes, room: int) -> list[int]:
        calls.append(room)
        return partition(spikes, room)

    monkeypatch.setattr(route, "partition", count_call)
    spec = snnc.parse(TWO_CHIPS)
    assert spec.report().chips == 2
    assert "169 cores of 2 chips" in spec.report().text()
    assert hasattr(spec.build(tmp_path).nengo_network, "CHIPS")
    assert calls == [128]


def test_checks_and_what_does_not_fit_write_nothing(
    spec: snnc.Spec, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    with pytest.raises(snnc.SpecError, match="SNN726"):
        spec.build(models, check=True)
    with pytest.raises(snnc.SpecError, match="SNN406"):
        spec.replace(c0={"block": "1x1x1"}, target={"cores": 1}).build(models)
    assert not models.exists()


def test_what_was_edited_by_hand_is_kept(spec: snnc.Spec, tmp_path: Path) -> None:
    package = spec.build(tmp_path / "models")
    module = package.folder / "network.py"
    module.write_text(module.read_text() + "# mine\n")
    with pytest.raises(snnc.SpecError, match="edited by hand"):
        snnc.build(spec, tmp_path / "models")
    snnc.build(spec, tmp_path / "models", force=True)
    assert "# mine" not in module.read_text()


def test_a_spec_of_no_file_is_written_beside_its_package(
    spec: snnc.Spec, tmp_path: Path
) -> None:
    output = tmp_path / "models"
    four = spec.replace(c0={"filters": 4}, network="four").build(output)
    beside = output / "four.snn"
    assert beside.read_text().startswith(MARK)
    assert four.spec == snnc.load(beside)
    assert main(["build", "--check", str(beside), "-o", str(output)]) == 0
    six = spec.replace(c0={"filters": 6}, network="four")
    six.build(output)
    assert snnc.load(beside) == six
    beside.write_text(beside.read_text().removeprefix(MARK))
    with pytest.raises(FileExistsError, match=r"four.snn already exists"):
        spec.replace(network="four").build(output)
    assert snnc.load(beside) == six


def test_a_package_knows_its_spec(spec: snnc.Spec, tmp_path: Path) -> None:
    package = spec.build(tmp_path / "models")
    again = snnc.Package(package.folder, spec)
    assert again.spec == spec
    with pytest.raises(ValueError, match="was not built from this spec"):
        snnc.Package(package.folder, spec.replace(c0={"filters": 4}))
    assert spec.path is not None
    spec.path.write_text(SMALL.replace("filters 3", "filters 5"))
    with pytest.raises(ValueError, match="has changed since"):
        _ = snnc.Package(package.folder).spec
    spec.path.unlink()
    with pytest.raises(ValueError, match="was moved or removed"):
        _ = snnc.Package(package.folder).spec
    with pytest.raises(ValueError, match="is not a package"):
        snnc.Package(tmp_path)


def test_two_packages_of_a_name_do_not_meet(spec: snnc.Spec, tmp_path: Path) -> None:
    one = spec.build(tmp_path / "one")
    assert one.network.LAYERS["c0"].shape == (4, 4, 3)
    two = spec.replace(c0={"filters": 4}).build(tmp_path / "two")
    assert two.network.LAYERS["c0"].shape == (4, 4, 4)
    assert one.network.LAYERS["c0"].shape == (4, 4, 3)
    assert one.layout.LAYOUT_ID != two.layout.LAYOUT_ID


def test_what_is_built_goes_to_other_processes(spec: snnc.Spec, tmp_path: Path) -> None:
    changed = spec.replace(c0={"filters": 4})
    for one in (spec, changed):
        again = pickle.loads(pickle.dumps(one))
        assert (again, again.path, again.text) == (one, one.path, one.text)
    report = pickle.loads(pickle.dumps(changed.report()))
    assert str(report) == str(changed.report())
    package = spec.build(tmp_path / "models")
    assert pickle.loads(pickle.dumps(package)).folder == package.folder


def test_a_result_prints_in_another_process(spec: snnc.Spec, tmp_path: Path) -> None:
    report = spec.report()
    (tmp_path / "report").write_bytes(pickle.dumps(report))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')))"
    done = run_python("-c", code, tmp_path / "report")
    assert done.stdout == f"{report}\n", done.stderr


def test_a_project_is_begun(tmp_path: Path) -> None:
    written = snnc.init(tmp_path / "new")
    assert tmp_path / "new" / "specs" / "starter.snn" in written
    with pytest.raises(FileExistsError, match=r"starter.snn"):
        snnc.init(tmp_path / "new")


def test_a_folder_has_a_row_for_each_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, models = tmp_path / "specs", tmp_path / "models"
    specs.mkdir()
    for name in ("one", "other"):
        (specs / f"{name}.snn").write_text(SMALL.replace("small", name))
    snnc.build(specs / "one.snn", models)
    found = snnc.report(specs, packages=models)
    assert [row.package for row in found.networks] == ["up to date", "not built"]
    assert found.diagnostics == ()
    assert main(["report", str(specs), "--packages", str(models)]) == 0
    assert capsys.readouterr().out == f"{found}\n"
    assert "<table" in found._repr_html_()
    (specs / "other.snn").unlink()
    assert snnc.report(specs).cores == snnc.report(specs / "one.snn").cores
