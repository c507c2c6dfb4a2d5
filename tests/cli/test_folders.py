"""Commands with a folder instead of specs."""

import json
import shutil
from pathlib import Path

import pytest

from snnc.syntax.files import specs_in
from tests.cli.builds import SPEC, spec_named
from tests.commands import run

YAML = "# the edition\nsnn: 1\n"


def write(folder: Path, *names: str, text: str = SPEC) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_specs_of_both_notations_are_found_at_any_depth(tmp_path: Path) -> None:
    write(tmp_path, "b.snn", "a/deep/c.snn", "a.yaml", "d.yml", text=YAML)
    found = [path.relative_to(tmp_path).as_posix() for path in specs_in(tmp_path)]
    assert found == ["a/deep/c.snn", "a.yaml", "b.snn", "d.yml"]


@pytest.mark.parametrize("verb", ["report", "fit"])
def test_a_package_in_place_of_its_spec_is_told(verb: str, tmp_path: Path) -> None:
    write(tmp_path, "net.snn")
    run("build", tmp_path / "net.snn", "-o", tmp_path)
    done = run(verb, tmp_path / "net")
    assert "help: it is a package: name its spec, which is the" in done.stderr


def test_other_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml", "text.md", text="services: {}\nx: {snn: 1}\n")
    write(tmp_path, ".git/a.snn", "env/a.snn", "env/pyvenv.cfg", ".b.snn")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "pipe.snn").mkdir()
    assert specs_in(tmp_path) == []


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        ("check {0}", 1, ["{0}/a.snn: ok (", "{0}/in/b.snn: ok (", "{0}/c.snn:6:"]),
        ("fmt --check {0}", 1, ["{0}/a.snn: not formatted", "{0}/in/b.snn: not"]),
        ("fmt {0}", 0, ["{0}/a.snn: formatted", "{0}/in/b.snn: formatted"]),
        ("build --dry-run {0} -o {0}/to", 1, ["write {0}/to/net/", "{0}/to/other/"]),
    ],
)
def test_verbs_take_the_specs_of_a_folder(
    command: str, status: int, told: list[str], tmp_path: Path
) -> None:
    write(tmp_path, "a.snn", text=f"{SPEC}\n\n")
    write(tmp_path, "in/b.snn", text=SPEC.replace("net {", "other  {"))
    write(tmp_path, "c.snn", text=SPEC.replace("filters 4", "filtres 4"))
    done = run(*command.format(tmp_path).split())
    assert done.returncode == status
    for text in told:
        assert text.format(tmp_path) in done.stdout + done.stderr


def test_report_takes_the_folder_of_one_spec(tmp_path: Path) -> None:
    write(tmp_path, "a.snn")
    assert "net: " in run("report", tmp_path).stdout


def test_report_lists_the_networks_of_a_folder(tmp_path: Path) -> None:
    specs, models = tmp_path / "specs", tmp_path / "models"
    for name in ("built", "stale", "unbuilt"):
        write(specs, f"{name}.snn", text=spec_named(name))
    run("build", specs, "-o", models)
    stale = spec_named("stale").replace("filters 4", "filters 5")
    write(specs, "stale.snn", text=stale)
    shutil.rmtree(models / "unbuilt")
    write(specs, "broken.snn", text=SPEC.replace("filters", "filtres"))
    large = spec_named("large").replace("{", "{\n  target loihi { cores 1 }", 1)
    write(specs, "large.snn", text=large.replace("filters 4", "filters 400"))
    done = run("report", specs, "--packages", models, "--format", "json")
    assert done.returncode == 1
    assert "error[SNN203]" in done.stderr
    rows = json.loads(done.stdout)["networks"]
    assert [(Path(r["spec"]).stem, r["fits"], r["package"]) for r in rows] == [
        ("broken", False, None),
        ("built", True, "up to date"),
        ("large", False, None),
        ("stale", True, "out of date"),
        ("unbuilt", True, "not built"),
    ]
    assert rows[0]["problems"] > 0
    assert rows[2]["cores"] > 1
    (specs / "broken.snn").unlink()
    (specs / "large.snn").unlink()
    done = run("report", specs, "--packages", models)
    assert done.returncode == 0
    head = "spec network cores chips energy at most fits package"
    assert " ".join(done.stdout.splitlines()[0].split()) == head
    assert done.stdout.endswith("3 networks, 3 cores\n")
    table = run("report", specs, "--packages", models, "--format", "markdown").stdout
    assert f"| `{specs}/stale.snn` | stale | 1 | 1 |" in table


def test_pictures_and_reasons_are_of_one_network(tmp_path: Path) -> None:
    write(tmp_path, "a.snn", "b.snn")
    for option in (["--why"], ["--format", "html"], ["--picture", "x.svg"]):
        done = run("report", tmp_path, *option)
        assert done.returncode == 2
        assert "has 2 specs" in " ".join(done.stderr.split())


@pytest.mark.parametrize("verb", ["check", "fmt", "build", "report"])
def test_a_folder_without_specs_is_a_diagnostic(verb: str, tmp_path: Path) -> None:
    done = run(verb, tmp_path)
    assert done.returncode == 1
    assert "error[SNN706]: there is no spec in" in done.stderr


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_packages_of_removed_specs_are_named(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    write(tmp_path, "specs/a.snn")
    build = ("build", tmp_path / "specs", "-o", tmp_path / "to")
    assert run(*build).returncode == 0
    (tmp_path / "specs/a.snn").unlink()
    done = run(*build, *options)
    assert done.returncode == 1
    assert "error[SNN706]" in done.stderr
    assert f"error[SNN727]: `{tmp_path}/to/net` is left over" in done.stderr
    assert "which removes the package (" in done.stderr


def test_the_suffix_of_a_spec_is_suggested(tmp_path: Path) -> None:
    write(tmp_path, "a.snn")
    done = run("report", tmp_path / "a")
    assert f"help: did you mean `{tmp_path}/a.snn`?" in done.stderr
