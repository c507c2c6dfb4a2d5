"""`snnc convert` and `snnc schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.language.keywords import KEYS, KINDS
from snnc.language.schema import schema
from snnc.source import SourceFile
from snnc.syntax.yaml.printer import print_yaml
from tests.cli.test_cli import snnc
from tests.support import ROOT, SPECS

SCHEMA = schema()


def data(spec: Path) -> Any:
    text = spec.read_text(encoding="utf-8")
    document = compile_spec(SourceFile("a.snn", text), Diagnostics(), "parse").document
    assert document is not None
    return YAML(typ="safe").load(print_yaml(document))


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)
    done = snnc("schema")
    assert (done.returncode, json.loads(done.stdout)) == (0, SCHEMA)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_examples_are_valid(spec: Path) -> None:
    assert [e.message for e in Draft7Validator(SCHEMA).iter_errors(data(spec))] == []


@pytest.mark.parametrize("where", ["top", "timing", "layer", "train"])
def test_unknown_keys_are_refused(where: str) -> None:
    loaded = data(ROOT / "specs" / "drift.snn")
    places = {
        "top": loaded,
        "timing": loaded["timing"],
        "layer": loaded["layers"][0]["conv3d"],
        "train": loaded["train"],
    }
    places[where]["unheard_of"] = 1
    assert not Draft7Validator(SCHEMA).is_valid(loaded)


def _descriptions(node: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    if isinstance(node, dict):
        for key, inner in node.get("properties", {}).items():
            place = inner.get("$ref", "").removeprefix("#/definitions/")
            told = SCHEMA["definitions"][place] if place else inner
            found[key] = told.get("description", "")
        for inner in node.values():
            found |= _descriptions(inner)
    if isinstance(node, list):
        for inner in node:
            found |= _descriptions(inner)
    return found


def test_every_word_of_the_language_is_described() -> None:
    found = _descriptions(SCHEMA)
    assert (KEYS | KINDS) - found.keys() == set()
    assert all(found.values())


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
