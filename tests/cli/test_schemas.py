"""Every JSON output is what its JSON Schema in docs/schemas says, and all of it."""

import json
import shutil
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

LEARNING = network(
    """
    timing { present 60 ms }
    input image 4x4x1 in 0..1
    encode rate
    dense a { units 40 }
    readout y { classes 3, learn pes { rate 0.35, from zero } }
    """,
    "learning",
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
CROWDED = layers(
    "conv2d a { filters 8 }",
    "dense d { units 16 }",
    shape="14x14x2",
    target="cores 2",
)
TEXTS = {
    "fits": CROWDED.replace("cores 2", "chips 1"),
    "host": SMALL.replace("input", "target nengo\n  input", 1),
    "large": CROWDED,
    "pooled": layers("maxpool p { window 2 }", "dense d { units 5 }", shape="9x9x1"),
    "renamed": SMALL.replace(" a", " first"),
    "wider": WIDER,
}
BUILT = {
    "learning": LEARNING,
    "regressing": LEARNING.replace("learning {", "regressing {").replace(
        "classes 3", "units 2"
    ),
    "small": SMALL,
    "values": VALUES,
}
REPORTED = (
    *("small.snn", "host.snn", "large.snn", "pooled.snn"),
    *(ROOT / "specs/drift.snn", ROOT / "specs/forum.snn"),
    ROOT / "tests/report/specs/chips.snn",
)
BAD = [next(case.glob("invalid.*")) for case in sorted(RULES.iterdir())]
OPTIONS = "--data {0}.npz --weights {0}.safetensors"
COMMANDS = {
    "adapt": [
        f"evaluate models/{name} {OPTIONS.format(name)} --adapt {name}.npz{keep}"
        for name, keep in (("learning", " --keep learning.npz"), ("regressing", ""))
    ],
    "calibrate": [
        f"calibrate models/{name} {OPTIONS.format(name)} -o {name}.scaled"
        for name in ("learning", "values")
    ],
    "check": [
        f"check {' '.join(map(str, BAD))} small.snn missing.snn",
        "build --check large.snn",
    ],
    "diff": [
        f"diff {next(case.glob('old.*'))} {next(case.glob('new.*'))}"
        for case in sorted(DIFFS.iterdir())
    ],
    "evaluate": [
        f"evaluate models/{name} {OPTIONS.format(name)} --simulator {simulator}"
        for name in ("small", "values")
        for simulator in ("exact", "nengo", "keras")
    ],
    "export": [
        f"export models/{name} --weights {name}.safetensors -o {name}.nir"
        for name in ("small", "values")
    ],
    "fit": ["fit large.snn", "fit fits.snn", "fit small.snn --cores 1"],
    "folders": ["diff old new"],
    "import": [
        "import m.json --explain",
        "import m.json --explain --rewrite maxpool=avgpool",
    ],
    "limits": ["limits"],
    "migrate": [
        f"weights small.safetensors --migrate small.snn {new}.snn -o new.{new}"
        for new in ("wider", "renamed")
    ],
    "overview": ["report ."],
    "report": [f"report {spec}{why}" for spec in REPORTED for why in ("", " --why")],
    "status": ["status ."],
    "sweep": ["sweep small.snn --set b.kernel=1,2,99 --set b.filters=3,4"],
    "weights": [
        f"weights {name}.safetensors{spec}"
        for name in ("small", "spoilt", "wider")
        for spec in ("", " small.snn")
    ],
}
"""The commands that print what a schema describes, in every shape it has."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that `COMMANDS` name."""
    made = tmp_path_factory.mktemp("files")
    for name, text in (TEXTS | BUILT).items():
        (made / f"{name}.snn").write_text(text)
    for name in ("old/small", "new/wider", "new/large"):
        (made / name).parent.mkdir(exist_ok=True)
        shutil.copy(made / f"{Path(name).name}.snn", made / f"{name}.snn")
    (made / "m.json").write_text(json.dumps(MODEL))
    for name, text in BUILT.items():
        network = sound(text, "lower").network
        y = np.arange(3) % network.readout.units
        if network.readout.labels is None:
            y = np.zeros((3, 2), np.float32)
        np.savez(
            made / name, x=np.full((3, *network.input.shape), 0.5, np.float32), y=y
        )
        save(made / f"{name}.safetensors", text, weights_of(text))
        assert run("build", f"{name}.snn", cwd=made).returncode == 0
    save(made / "wider.safetensors", WIDER, weights_of(WIDER))
    weights = weights_of(SMALL)
    weights["a.kernel"][:] = np.nan
    weights["b.bias"][0] = np.inf
    save(made / "spoilt.safetensors", SMALL, weights)
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCHEMAS)
def test_outputs_are_what_the_schema_says_and_all_of_it(name: str, files: Path) -> None:
    schema = SCHEMAS[name]
    validator = Draft7Validator(schema)
    objects = objects_of(schema, schema)
    unseen = {key for found in objects for key in found["properties"]}
    for command in COMMANDS[name]:
        done = run(*command.split(), "--format", "json", cwd=files)
        assert done.returncode in (0, 1)
        output = json.loads(done.stdout, parse_constant=pytest.fail)
        if name == "adapt":
            for part in (output["before"], output["after"], output["refit"]):
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


def keys_in(output: Any) -> Iterator[str]:
    if isinstance(output, list):
        for item in output:
            yield from keys_in(item)
    elif isinstance(output, dict):
        yield from output
        for value in output.values():
            yield from keys_in(value)
