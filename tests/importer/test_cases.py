"""Small models, and all that an import prints for each of them.

A line of a case is a layer: its name, its class, the layers that it reads (`<name`),
and its options. Without `<`, it reads the layer before it. A case without an input
stands between two convolutions, `a` and `b`. A line `$` has options of the command,
`compile` has arguments of Keras's method, and `#` says what the case is about.
"""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from snnc.cli import main
from tests.importer.configs import CONV, IMAGE, POINT, functional, layer
from tests.rules.checking import assert_cases_accepted

CASES = Path(__file__).parent / "imported/cases.txt"
OUTSIDE = ("module", "registered_name")
"""Keys of a layer that are not in its configuration."""


def value_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def parse(lines: list[str]) -> dict[str, Any]:
    """Return the configuration of a model."""
    is_whole = " InputLayer " in lines[0]
    layers = [] if is_whole else [IMAGE, layer("Conv2D", "a", "image", **CONV)]
    for line in lines:
        name, kind, *words = line.split()
        reads = [word[1:] for word in words if word[0] == "<"]
        if not reads and kind != "InputLayer":
            reads = [layers[-1]["name"]]
        pairs = (word.split("=", 1) for word in words if word[0] != "<")
        options = {key: value_of(text) for key, text in pairs}
        outside = {key: options.pop(key) for key in OUTSIDE if key in options}
        layers.append(layer(kind, name, *reads, **options) | outside)
    if not is_whole:
        layers += [
            layer("Conv2D", "b", layers[-1]["name"], **POINT),
            layer("Flatten", "f", "b"),
            layer("Dense", "end", "f", units=3, activation="softmax"),
        ]
    config = functional(*layers)
    inputs = [each["name"] for each in layers if each["class_name"] == "InputLayer"]
    config["config"]["input_layers"] = [[name, 0, 0] for name in inputs]
    return config


def answer(text: str) -> list[str]:
    """Return the exit status of an import, and what it prints."""
    layers: list[str] = []
    options: list[str] = []
    compiled: dict[str, Any] = {}
    for line in text.splitlines():
        first, *words = line.split()
        if first == "$":
            options = words
        elif first == "compile":
            compiled = dict(word.split("=") for word in words)
        elif first != "#":
            layers.append(line)
    config = parse(layers) | {"compile_config": compiled}
    Path("m.json").write_text(json.dumps(config), encoding="utf-8")
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as told:
        status = main(["import", "m.json", *options])
    assert [path.name for path in Path().iterdir()] == ["m.json"]
    printed = out.getvalue() + told.getvalue()
    return [f"exit {status}", *printed.splitlines()]


def test_an_import_prints_what_is_accepted(here: Path) -> None:
    assert_cases_accepted(CASES, "", answer)
