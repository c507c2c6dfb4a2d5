"""`snnc fmt`, `convert`, `schema` and `check --fix` as a user types them."""

import json
from pathlib import Path

import pytest

from snnc.language.schema import schema
from tests.commands import run
from tests.support import ROOT

CLEAN = """\
snn 1

network net {
  input image 12x12x1 in 0..1
  encode conv { filters 2 }
  conv2d a { filters 4 }
  readout y { classes 2 }
}
"""
UGLY = CLEAN.replace("{ filters 4 }", "{filters   4}")
BAD = CLEAN.replace("filters 4", "filtres 4")
DRIFT, DRIFT_YAML = ROOT / "specs/drift.snn", ROOT / "specs/drift.yaml"


@pytest.fixture(autouse=True)
def spec(here: Path) -> Path:
    """Return a spec whose layout is not that of `snnc fmt`."""
    path = here / "net.snn"
    path.write_text(UGLY)
    return path


def test_fmt_writes_the_layout(spec: Path) -> None:
    done = run("fmt", "net.snn")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "net.snn: formatted\n"
    assert spec.read_text() == CLEAN
    before = spec.stat().st_mtime_ns
    done = run("fmt", "--check", "net.snn")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert run("fmt", "net.snn").returncode == 0
    assert spec.stat().st_mtime_ns == before


def test_fmt_reads_a_file_whole_behind_one_full_of_errors(spec: Path) -> None:
    wrong = "".join(f"  dense d{i} {{ units }}\n" for i in range(200))
    Path("bad.snn").write_text(f"snn 1\nnetwork bad {{\n{wrong}}}\n")
    assert run("fmt", "bad.snn", "net.snn").returncode == 1
    assert spec.read_text() == CLEAN


def test_line_ends_of_the_checkout_are_no_difference(spec: Path) -> None:
    spec.write_bytes(CLEAN.replace("\n", "\r\n").encode())
    assert run("fmt", "--check", "net.snn").returncode == 0


def test_fmt_shows_differences_and_writes_nothing(spec: Path) -> None:
    done = run("fmt", "--check", "net.snn")
    told = "net.snn: not formatted\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)
    done = run("fmt", "--diff", "net.snn")
    assert done.returncode == 0
    assert done.stdout.startswith("--- net.snn\n+++ net.snn (formatted)\n@@")
    assert "\n+  conv2d a { filters 4 }\n" in done.stdout
    assert spec.read_text() == UGLY


def test_fmt_leaves_syntax_errors_alone(spec: Path) -> None:
    text = UGLY.replace("classes 2", "classes")
    spec.write_text(text)
    done = run("fmt", "net.snn")
    assert done.returncode == 1
    assert "error[SNN107]" in done.stderr
    assert spec.read_text() == text


def test_check_fix_mends_and_formats(spec: Path) -> None:
    spec.write_text(BAD.replace("{ filtres 4 }", "{filtres   4}"))
    done = run("check", "--fix", "net.snn")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("net.snn: 1 fixed\nnet.snn: ok (")
    assert spec.read_text() == CLEAN


def test_check_fix_prints_what_is_left(spec: Path) -> None:
    spec.write_text(BAD.replace("classes 2", "classes 1"))
    done = run("check", "--fix", "--format", "json", "net.snn")
    assert (done.returncode, done.stderr) == (1, "net.snn: 1 fixed\n")
    (left,) = json.loads(done.stdout)["diagnostics"]
    assert left["code"] == "SNN206"


def test_a_yaml_spec_is_formatted_as_yaml() -> None:
    path = Path("net.yaml")
    good = DRIFT_YAML.read_text().replace("drift\n", "drift  # a remark\n", 1)
    path.write_text(good.replace("filters: 8", "filtres:   8"))
    done = run("check", "--fix", "net.yaml")
    assert done.returncode == 0, done.stderr
    assert path.read_text() == good


def test_every_example_is_formatted() -> None:
    folder = ROOT / "specs"
    specs = sorted([*folder.glob("*.snn"), *folder.glob("*.yaml")])
    done = run("fmt", "--check", *specs)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_schema_is_printed() -> None:
    done = run("schema")
    assert (done.returncode, json.loads(done.stdout)) == (0, schema())


def test_convert_writes_a_modeline_that_fmt_keeps() -> None:
    convert = ("convert", "--to", "yaml", "--modeline")
    assert run(*convert, "s.json", DRIFT, "-o", "a.yaml").returncode == 0
    text = Path("a.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=s.json\nsnn: 2\n")
    assert run("fmt", "--check", "a.yaml").returncode == 0
    assert run("convert", "a.yaml", "--to", "yaml").stdout == text
    again = run(*convert, "../t.json", "a.yaml").stdout
    assert again == text.replace("s.json", "../t.json")


def test_convert_writes_the_other_notation_and_back() -> None:
    there = run("convert", DRIFT_YAML, "-o", "a.snn")
    assert there.returncode == 0, there.stderr
    assert Path("a.snn").read_text(encoding="utf-8").startswith("snn 2\n")
    assert run("convert", "a.snn").stdout == DRIFT_YAML.read_text(encoding="utf-8")


def test_a_comment_that_yaml_cant_hold_is_not_changed_but_told() -> None:
    text = DRIFT.read_text(encoding="utf-8")
    Path("bell.snn").write_text(f"# a bell: \a\n{text}", encoding="utf-8")
    done = run("convert", "bell.snn", "-o", "bell.yaml")
    assert done.returncode == 1
    assert "SNN145" in done.stderr
    assert "U+0007" in done.stderr
    assert not Path("bell.yaml").exists()
