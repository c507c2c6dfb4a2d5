"""Every JSON output is what its JSON Schema in docs/schemas says, and all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from jsonschema import Draft7Validator

from snnc.cli import VERBS, command_of
from tests.commands import run
from tests.fit.nets import layers
from tests.importer.configs import IMAGE, functional, layer
from tests.support import ROOT, network, sound
from tests.weights.files import SMALL, WIDER, save, weights_of

SCHEMAS = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "docs/schemas").glob("*.json"))
}
RULES = ROOT / "tests/rules/cases"
DIFFS = ROOT / "tests/diff/cases"
MODEL = functional(
    IMAGE,
    layer("Conv2D", "c", "image", filters=2, kernel_size=[3, 3], activation="relu"),
    layer("MaxPooling2D", "p", "c", pool_size=[2, 2]),
    layer("Flatten", "f", "p"),
    layer("Dense", "d", "f", units=3),
)


VALUES = network(
    """
    timing { present 20 ms }
    input values 6 in 0..1
    encode rate
    dense d { units 5 }
    readout y { units 2 }
    """,
    "values",
)
POOLED = layers("maxpool p { window 2 }", "dense d { units 5 }", shape="9x9x1")
LEARNING = network(
    """
    timing { present 60 ms }
    input image 4x4x1 in 0..1
    encode rate
    dense a { units 40 }
    readout y { UNITS, learn pes { rate 0.35, from zero } }
    """
)
LABELS: dict[str, np.ndarray] = {
    "small": np.zeros(3, np.int64),
    "values": np.zeros((3, 2), np.float32),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the files that `commands` name."""
    monkeypatch.chdir(tmp_path)
    Path("small.snn").write_text(SMALL)
    Path("wider.snn").write_text(WIDER)
    Path("renamed.snn").write_text(SMALL.replace(" a", " first"))
    Path("host.snn").write_text(SMALL.replace("input", "target nengo\n  input", 1))
    for name, target in (("large", "cores 2"), ("fits", "chips 1")):
        lines = "conv2d a { filters 8 }", "dense d { units 16 }"
        text = layers(*lines, shape="14x14x2", target=target)
        Path(f"{name}.snn").write_text(text)
    Path("pooled.snn").write_text(POOLED)
    Path("m.json").write_text(json.dumps(MODEL))
    weights = weights_of(SMALL)
    save(Path("small.safetensors"), SMALL, weights)
    weights["a.kernel"][:] = np.nan
    weights["b.bias"][0] = np.inf
    save(Path("spoilt.safetensors"), SMALL, weights)
    save(Path("other.safetensors"), WIDER, weights_of(WIDER))
    return tmp_path


def commands(schema: str) -> Iterator[list[str]]:
    """Give commands that print what a schema describes, in every shape it has."""
    specs = ["small.snn", "host.snn", "large.snn", str(ROOT / "specs/drift.snn")]
    if schema == "check":
        bad = [next(case.glob("invalid.*")) for case in sorted(RULES.iterdir())]
        yield ["check", *map(str, bad), "small.snn", "missing.snn"]
        yield ["build", "--check", "small.snn"]
    elif schema == "limits":
        yield ["limits"]
    elif schema == "report":
        chips = ROOT / "tests/report/specs/chips.snn"
        neighbours = ROOT / "specs/forum.snn"
        for spec in (*specs, "pooled.snn", str(chips), str(neighbours)):
            yield ["report", spec]
            yield ["report", spec, "--why"]
    elif schema == "diff":
        for case in sorted(DIFFS.iterdir()):
            old, new = (next(case.glob(f"{side}.*")) for side in ("old", "new"))
            yield ["diff", str(old), str(new)]
    elif schema == "folders":
        for name, spec in (("old", "small"), ("new", "wider"), ("new", "large")):
            Path(name).mkdir(exist_ok=True)
            Path(name, f"{spec}.snn").write_text(Path(f"{spec}.snn").read_text())
        yield ["diff", "old", "new"]
    elif schema == "overview":
        yield ["report", "."]
    elif schema == "fit":
        yield from (["fit", spec] for spec in ("large.snn", "fits.snn"))
        yield ["fit", "small.snn", "--cores", "1"]
    elif schema == "sweep":
        settings = ("b.kernel=1,2,99", "b.filters=3,4")
        yield ["sweep", "small.snn", *(w for s in settings for w in ("--set", s))]
    elif schema == "weights":
        for file in ("small", "spoilt", "other"):
            yield ["weights", f"{file}.safetensors"]
            yield ["weights", f"{file}.safetensors", "small.snn"]
    elif schema == "migrate":
        pairs = (("small", "wider"), ("small", "renamed"))
        for i, pair in enumerate(pairs):
            names = [f"{name}.snn" for name in pair]
            out = ["-o", f"new{i}.safetensors"]
            yield ["weights", "small.safetensors", "--migrate", *names, *out]
    elif schema in ("calibrate", "evaluate", "export"):
        yield from runs(schema)
    elif schema == "adapt":
        y = {"classes 3": np.arange(3), "units 2": np.zeros((3, 2), np.float32)}
        x = np.full((3, 4, 4, 1), 0.5, np.float32)
        for units, labels in y.items():
            text = LEARNING.replace("UNITS", units)
            np.savez("adapt.npz", x=x, y=labels)
            save(Path("adapt.safetensors"), text, weights_of(text))
            Path("adapt.snn").write_text(text)
            run("build", "adapt.snn")
            files = ["--data", "adapt.npz", "--weights", "adapt.safetensors"]
            yield ["evaluate", "models/net", *files, "--adapt", "adapt.npz"]
    elif schema == "import":
        yield ["import", "m.json", "--explain"]
        yield ["import", "m.json", "--explain", "--rewrite", "maxpool=avgpool"]


def runs(verb: str) -> Iterator[list[str]]:
    for name, text in (("small", SMALL), ("values", VALUES)):
        x = sound(text, "lower").network.input.shape
        np.savez(f"{name}.npz", x=np.full((3, *x), 0.5, np.float32), y=LABELS[name])
        save(Path(f"{name}.safetensors"), text, weights_of(text))
        Path(f"{name}.snn").write_text(text)
        run("build", f"{name}.snn")
        package, weights = f"models/{name}", ["--weights", f"{name}.safetensors"]
        files = ["--data", f"{name}.npz", *weights]
        if verb == "calibrate" and name == "values":  # the other has dead layers
            yield [verb, package, *files, "-o", f"{name}.scaled.safetensors"]
        elif verb == "export":
            yield [verb, package, *weights, "-o", f"{name}.nir"]
        elif verb == "evaluate":
            for simulator in ("exact", "nengo", "keras"):
                yield [verb, package, *files, "--simulator", simulator]


def json_outputs(schema: str) -> Iterator[Any]:
    for command in commands(schema):
        done = run(*command, "--format", "json")
        assert done.returncode in (0, 1)
        yield json.loads(done.stdout, parse_constant=pytest.fail)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCHEMAS)
def test_outputs_are_what_the_schema_says_and_all_of_it(
    name: str, folder: Path
) -> None:
    schema = SCHEMAS[name]
    validator = Draft7Validator(schema)
    unseen = set(keys_of(schema, schema))
    for output in json_outputs(name):
        if name == "adapt":
            for part in (output["before"], output["after"]):
                Draft7Validator(SCHEMAS["evaluate"]).validate(part)
        problems = [
            f"{e.json_path}: {e.message}" for e in validator.iter_errors(output)
        ]
        assert problems == []
        unseen -= set(keys_in(output))
    assert unseen == set(), "the schema has keys that no output has"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_documents_every_key(name: str) -> None:
    schema = SCHEMAS[name]
    Draft7Validator.check_schema(schema)
    assert schema["properties"]["version"]["const"] == 1
    for part in objects_of(schema, schema):
        assert part["additionalProperties"] is False
        told = [
            resolve_reference(found, schema) for found in part["properties"].values()
        ]
        assert all("const" in found or found["description"] for found in told)


def test_every_verb_that_prints_json_has_a_schema() -> None:
    verbs = {verb for verb in VERBS if "json" in formats(verb)} - {"build"}
    assert formats("build") == formats("check")  # which has the one of both
    assert verbs <= set(SCHEMAS)
    assert set(SCHEMAS) <= {*verbs, "adapt", "folders", "migrate", "overview"}


def formats(verb: str) -> tuple[str, ...]:
    command = command_of(verb)
    choices = [p.type for p in command.params if "--format" in p.opts]
    return tuple(
        choice for t in choices if isinstance(t, click.Choice) for choice in t.choices
    )


def resolve_reference(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = part
    if "$ref" in part:
        found = schema["definitions"][part["$ref"].rpartition("/")[2]]
    return found


def objects_of(part: Any, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the descriptions of objects with keys of their own, at any depth."""
    if isinstance(part, list):
        for item in part:
            yield from objects_of(item, schema)
    elif isinstance(part, dict):
        found = resolve_reference(part, schema)
        if "properties" in found and "type" in found:
            yield found
        for value in found.values():
            yield from objects_of(value, schema)


def keys_of(part: Any, schema: dict[str, Any]) -> Iterator[str]:
    for found in objects_of(part, schema):
        yield from found["properties"]


def keys_in(output: Any) -> Iterator[str]:
    if isinstance(output, list):
        for item in output:
            yield from keys_in(item)
    elif isinstance(output, dict):
        yield from output
        for value in output.values():
            yield from keys_in(value)
