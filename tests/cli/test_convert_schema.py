"""`snnc convert` and `snnc schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnc.language.schema import schema
from tests.cli.test_cli import snnc
from tests.support import ROOT


def test_the_schema_is_printed() -> None:
    done = snnc("schema")
    assert (done.returncode, json.loads(done.stdout)) == (0, schema())


def test_the_modeline_names_the_schema() -> None:
    done = snnc("schema", "--modeline", "snnc.schema.json")
    assert done.stdout == "# yaml-language-server: $schema=snnc.schema.json\n"


@pytest.mark.slow
def test_convert_writes_a_modeline_that_fmt_keeps(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    convert = ("convert", "specs/drift.snn", "--to", "yaml", "--modeline", "s.json")
    assert snnc(*convert, "-o", path).returncode == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=s.json\nsnn: 1\n")
    assert snnc("fmt", "--check", path).returncode == 0
    assert snnc("convert", path, "--to", "yaml").stdout == text
    again = snnc("convert", path, "--to", "yaml", "--modeline", "../t.json").stdout
    assert again == text.replace("s.json", "../t.json")


def test_only_yaml_has_a_modeline() -> None:
    done = snnc("convert", "specs/drift.yaml", "--to", "snn", "--modeline", "s.json")
    assert (done.returncode, done.stdout) == (2, "")


def test_every_example_is_formatted() -> None:
    done = snnc("fmt", "--check", *sorted((ROOT / "specs").glob("*.*")))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_convert_writes_the_other_notation_and_back(tmp_path: Path) -> None:
    there = snnc("convert", "specs/drift.yaml", "--to", "snn", "-o", tmp_path / "a.snn")
    assert there.returncode == 0, there.stderr
    back = snnc("convert", tmp_path / "a.snn", "--to", "yaml")
    assert back.stdout == (ROOT / "specs/drift.yaml").read_text(encoding="utf-8")


def test_convert_reports_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("snn: 1\nnetwork: [a\n")
    done = snnc("convert", tmp_path / "bad.yaml", "--to", "snn")
    assert (done.returncode, done.stdout) == (1, "")
    assert "SNN130" in done.stderr
