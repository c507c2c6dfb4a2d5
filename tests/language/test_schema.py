"""The JSON Schema takes what the compiler takes, and says what each key means."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from snnc.diagnostics import Diagnostics
from snnc.language.keywords import KEYS, KINDS
from snnc.language.schema import schema
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.yaml.printer import print_yaml
from tests.support import ROOT, SPECS

VALID = [ROOT / "specs" / "drift.yaml", *SPECS]
VALID += sorted((ROOT / "tests" / "rules" / "cases").glob("*/valid.*"))
DRIFT = VALID[0].read_text(encoding="utf-8")
SCHEMA = schema()
VALIDATOR = Draft7Validator(SCHEMA)


def in_yaml(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        return text
    return print_yaml(parse(SourceFile("valid.snn", text), Diagnostics()))


def problems(text: str) -> list[str]:
    return [e.message for e in VALIDATOR.iter_errors(YAML(typ="safe").load(text))]


def test_it_is_a_small_schema_of_draft_07() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert len(json.dumps(SCHEMA, indent=2)) < 60_000


@pytest.mark.parametrize("spec", VALID, ids=lambda path: path.parent.name + path.stem)
def test_it_takes_every_valid_case(spec: Path) -> None:
    assert problems(in_yaml(spec)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("snn: 2\n", ""),
        ("snn: 2\n", "snn: 3\n"),
        ("network: drift\n", "network: [drift]\n"),
        ("network: drift\n", "network: 2d\n"),
        ("about: Eight", "abuot: Eight"),
        ("loihi: {chips: 1}", "lohi: {chips: 1}"),
        ("chips: 1", "chips: 0"),
        ("chips: 1", "chips: one"),
        ("chips: 1", "chip: 1"),
        ("dt: 1 ms", "dt: 1"),
        ("dt: 1 ms", "dt: 1 msec"),
        ("rate: 20..250 Hz}", "rate: 20..250}"),
        ("rate: 20..250 Hz}", "rate: [20, 250]}"),
        ("shape: 8x16x16x1", "shape: 8 x 16"),
        ("shape: 8x16x16x1", "shape: [8, 0]"),
        ("in: 0..1", "in: 0"),
        ("in: 0..1", "in: [0, 1, 2]"),
        (", in: 0..1", ""),
        ("conv: {filters", "conf: {filters"),
        ("conv3d: {name: c1", "conv4d: {name: c1"),
        ("conv3d: {name: c1", "lstm: {name: c1"),
        ("name: c1, ", ""),
        ("filters: 16", "filtres: 16"),
        ("filters: 16", "filters: 16.5"),
        ("filters: 16", "filters: true"),
        ("stride: 2}", "stride: 2, padding: some}"),
        ("dropout: 0.2", "dropout: 1.5"),
        ("dropout: 0.2", "dropout: 20%"),
        ("classes: 8", "classes: 1"),
        ("classes: 8", "classes: {a: 1}"),
        ("loss: cross_entropy", "loss: crossentropy"),
        ("learning_rate", "lr"),
        ("batch: 64", "batch: null"),
    ],
)
def test_it_says_once_what_is_wrong_and_where(right: str, wrong: str) -> None:
    assert right in DRIFT
    text = DRIFT.replace(right, wrong, 1)
    (error,) = VALIDATOR.iter_errors(YAML(typ="safe").load(text))
    assert "any of the given schemas" not in error.message
    told = f"{error.json_path} {error.message}"
    keys = re.findall(r"\w+(?=:)", wrong) or re.findall(r"\w+", wrong or right)
    assert any(re.search(rf"\b{key}\b", told) for key in keys)


def test_the_rates_of_a_max_pool_have_an_upper_end_alone() -> None:
    pool = "  - maxpool: {name: m, window: 2, rate: ..150 Hz}\n"
    text = DRIFT.replace("readout:", f"{pool}readout:")
    assert problems(text) == []
    assert problems(text.replace(" ..150", " 20..150")) != []


def keys(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all keys of the schema, each with its own schema."""
    children = node.values() if isinstance(node, dict) else node
    if isinstance(node, dict) and isinstance(node.get("properties"), dict):
        yield from node["properties"].items()
    for inner in children:
        if isinstance(inner, (dict, list)):
            yield from keys(inner)


def test_every_key_has_a_description_wherever_it_stands() -> None:
    found = list(keys(SCHEMA))
    assert {key for key, _ in found} >= KEYS | KINDS
    for key, inner in found:
        place = inner.get("$ref", "").removeprefix("#/definitions/")
        described = SCHEMA["definitions"][place] if place else inner
        assert described.get("description"), key
