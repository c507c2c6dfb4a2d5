"""``snnc fmt`` and ``snnc check --fix`` as a user types them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.test_cli import BAD, GOOD, snnc

UGLY = GOOD.replace("{ filters 4 }", "{filters   4}")
CLEAN = """\
snn 1

network net {
  input image 12x12x1 in 0..1
  encode conv { filters 2 }
  conv2d a { filters 4 }
  readout y { classes 2 }
}
"""


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "net.snn"
    path.write_text(UGLY)
    return path


def test_fmt_writes_the_layout(ugly: Path, tmp_path: Path) -> None:
    ugly.chmod(0o640)
    done = snnc("fmt", "net.snn", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "net.snn: formatted\n"
    assert ugly.read_text() == CLEAN
    assert stat.S_IMODE(ugly.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["net.snn"]


@pytest.mark.slow
def test_fmt_leaves_a_formatted_file_alone(ugly: Path, tmp_path: Path) -> None:
    ugly.write_text(CLEAN)
    before = ugly.stat().st_mtime_ns
    done = snnc("fmt", "--check", "net.snn", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert snnc("fmt", "net.snn", cwd=tmp_path).returncode == 0
    assert ugly.stat().st_mtime_ns == before


def test_fmt_reads_a_file_whole_behind_one_full_of_errors(
    ugly: Path, tmp_path: Path
) -> None:
    wrong = "".join(f"  dense d{i} {{ units }}\n" for i in range(200))
    (tmp_path / "bad.snn").write_text(f"snn 1\nnetwork bad {{\n{wrong}}}\n")
    done = snnc("fmt", "bad.snn", "net.snn", cwd=tmp_path)
    assert done.returncode == 1
    assert ugly.read_text() == CLEAN


def test_line_ends_of_the_checkout_are_no_difference(
    ugly: Path, tmp_path: Path
) -> None:
    ugly.write_bytes(CLEAN.replace("\n", "\r\n").encode())
    assert snnc("fmt", "--check", "net.snn", cwd=tmp_path).returncode == 0


def test_fmt_check_exits_1_and_writes_nothing(ugly: Path, tmp_path: Path) -> None:
    done = snnc("fmt", "--check", "net.snn", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "net.snn: not formatted\n"
    assert ugly.read_text() == UGLY


def test_fmt_diff_prints_a_diff_and_writes_nothing(ugly: Path, tmp_path: Path) -> None:
    done = snnc("fmt", "--diff", "net.snn", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("--- net.snn\n+++ net.snn (formatted)\n@@")
    assert "\n+  conv2d a { filters 4 }\n" in done.stdout
    assert ugly.read_text() == UGLY


def test_fmt_leaves_syntax_errors_alone(ugly: Path, tmp_path: Path) -> None:
    text = UGLY.replace("classes 2", "classes")
    ugly.write_text(text)
    done = snnc("fmt", "net.snn", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[SNN107]" in done.stderr
    assert ugly.read_text() == text


def test_fmt_refuses_what_is_no_spec(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    done = snnc("fmt", "notes.txt", cwd=tmp_path)
    assert done.returncode == 2
    assert "notes.txt is not a .snn" in done.stderr


@pytest.mark.slow
def test_a_linked_spec_stays_linked(ugly: Path, tmp_path: Path) -> None:
    (tmp_path / "link.snn").symlink_to("net.snn")
    assert snnc("fmt", "link.snn", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link.snn").is_symlink()
    assert ugly.read_text() == CLEAN


@pytest.mark.slow
def test_check_fix_mends_and_formats(tmp_path: Path) -> None:
    (tmp_path / "net.snn").write_text(BAD)
    done = snnc("check", "--fix", "net.snn", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("net.snn: 1 fixed\nnet.snn: ok (")
    assert (tmp_path / "net.snn").read_text() == CLEAN


@pytest.mark.slow
def test_check_fix_prints_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "net.snn").write_text(BAD.replace("classes 2", "classes 1"))
    done = snnc("check", "--fix", "--format", "json", "net.snn", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "net.snn: 1 fixed\n")
    (left,) = json.loads(done.stdout)["diagnostics"]
    assert left["code"] == "SNN206"


@pytest.mark.slow
def test_unsafe_fixes_are_asked_for(tmp_path: Path) -> None:
    text = CLEAN.replace("snn 1", "snn 2")
    (tmp_path / "net.snn").write_text(text)
    assert snnc("check", "--unsafe-fixes", "net.snn", cwd=tmp_path).returncode == 2
    assert snnc("check", "--fix", "net.snn", cwd=tmp_path).returncode == 1
    assert (tmp_path / "net.snn").read_text() == text
    done = snnc("check", "--fix", "--unsafe-fixes", "net.snn", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "net.snn").read_text() == CLEAN


@pytest.mark.slow
def test_a_yaml_spec_is_formatted_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "snn: 1\nnetwork: net  # a remark\n"
        "input: {name: image, shape: 12x12x1, in: 0..1}\n"
        "encode: {conv: {filters:   2}}\n"
        "layers:\n  - conv2d: {name: a, filtres: 4}\n"
        "readout: {name: y, classes: 2}\n"
    )
    done = snnc("check", "--fix", "net.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert "filters: 4" in text
    assert "filters: 2" in text
    assert "# a remark" in text
    assert snnc("fmt", "--check", "net.yaml", cwd=tmp_path).returncode == 0
