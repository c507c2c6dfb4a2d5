"""Names of files reach terminals, logs and programs escaped, in every verb."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import snnc
from snnc.cli.printing import print_json
from snnc.diagnostics import Label
from snnc.rules.statements import RepeatedName
from snnc.source import SourceFile, Span
from tests.commands import run
from tests.support import ROOT, layered

HOSTILE = "a\n::error::b\u202e\x1b[2J##[error]`c"
GOOD = layered("conv2d a { filters 2 }", shape="4x4x1", encode="conv")
DEVICE = (ROOT / "snnc/loihi/loihi1.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(here: Path) -> Path:
    Path("good.snn").write_text(GOOD)
    Path(f"{HOSTILE}.snn").write_text(GOOD)
    Path(f"{HOSTILE}bad.snn").write_text(GOOD.replace("filters", "filter"))
    for key in ("name", "source"):
        hostile = f"{key} = {json.dumps(HOSTILE)} # "
        Path(f"{key}.toml").write_text(DEVICE.replace(f'{key} = "', hostile, 1))
    return here


def safe_output(*arguments: str) -> str:
    """Return stdout and stderr after checking that every line is harmless."""
    done = run(*arguments)
    text = done.stdout + done.stderr
    assert text.replace("\n", "").isprintable()
    for line in text.splitlines():
        assert not line.strip().startswith("::error::b")
    if "##[" in text:  # only after a command of our own, which is read first
        assert text.startswith("::")
    return text


@pytest.mark.parametrize(
    "arguments",
    [
        "check @",
        "check @bad",
        "check --fix @bad",
        "check --format json @bad",
        "check --format sarif @bad",
        "check --format github @bad",
        "check none@",
        "build @",
        "build --dry-run @",
        "build --check @",
        "build -o @ good",
        "convert good -o @",
        "diff good @",
        "diff @ good --format markdown",
        "diff @ good --format json",
        "diff @:x good",
        "fmt @",
        "fmt --check @",
        "fmt --diff @",
        "fmt @.txt",
        "fit @bad",
        "report @bad",
        "weights @",
        "weights good @",
        "weights @ --migrate good good -o x",
        "import @",
        "import @ -o @",
        "init @",
        "explain @",
        "schema --@",
        "schema --modeline @",
        "convert good --modeline @",
        "@",
        "evaluate @ --data @ --weights @",
        "--device @ limits",
        "--device name.toml limits",
        "--device source.toml limits",
    ],
)
def test_a_hostile_name_is_shown_escaped(arguments: str) -> None:
    names = {"good": "good.snn", "@bad": f"{HOSTILE}bad.snn", "@.txt": f"{HOSTILE}.txt"}
    safe_output(
        *(
            names.get(word, word.replace("@", f"{HOSTILE}.snn"))
            for word in arguments.split()
        )
    )


CLASSES = GOOD.replace("classes 4", f'classes ["{HOSTILE}", "::error::b"]').replace(
    "a\n", "a\\n"
)
YAML = """snn: 1
network: net
about: |
  ::error::b
  ##[error]c
input: {name: image, shape: 4x4x1, in: 0..1}
layers: []
readout: {name: "::error::b\\u202e", classes: 8}
"""


@pytest.mark.parametrize(
    "arguments",
    [
        "check yaml.yaml",
        "check --format json yaml.yaml",
        "fmt --diff yaml.yaml",
        "fmt --diff classes.snn",
        "diff good.snn classes.snn",
        "diff good.snn classes.snn --format markdown",
        "diff good.snn classes.snn --format json",
        "report classes.snn --format html",
        "weights hostile.safetensors",
        "weights hostile.safetensors --format json",
        "weights hostile.safetensors good.snn",
        "build --check good.snn",
        "build good.snn",
    ],
)
def test_what_a_file_holds_is_shown_escaped(arguments: str) -> None:
    Path("classes.snn").write_text(CLASSES)
    Path("yaml.yaml").write_text(YAML)
    tensors = {name: np.zeros(2, np.float32) for name in (HOSTILE, "::error::b")}
    save_file(tensors, "hostile.safetensors", {HOSTILE: HOSTILE, "::error::b": "##[a]"})
    assert run("build", "good.snn").returncode == 0
    lock = Path("models/net/snnc.lock")
    lock.write_text(lock.read_text().replace("good.snn", json.dumps(HOSTILE)[1:-1]))
    Path("models/net/train.py").write_text("::error::b\n ::error::b\n##[error]\u202e\n")
    assert safe_output(*arguments.split())


PLACE = "runs 0 results 0 locations 0 physicalLocation artifactLocation uri"


@pytest.mark.parametrize(
    ("arguments", "keys", "shown"),
    [
        ("check --format sarif bad@", PLACE, "badcaf%E9.snn"),
        ("check --format json none@", "diagnostics 0 file", "nonecaf\\udce9.snn"),
        (
            "check --format json none@",
            "diagnostics 0 message",
            "there is no file `nonecaf\\udce9.snn`",
        ),
        ("diff --format json @ good.snn", "old source", "caf\\udce9.snn"),
    ],
)
def test_json_is_unicode_whatever_the_name(
    arguments: str, keys: str, shown: str
) -> None:
    name = os.fsdecode(b"caf\xe9.snn")
    Path(name).write_text(GOOD)
    Path(f"bad{name}").write_text(GOOD.replace("filters", "filter"))
    found = json.loads(run(*arguments.replace("@", name).split()).stdout)
    for key in keys.split():
        found = found[int(key) if key.isdigit() else key]
    assert found == shown


def test_json_has_no_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("nan"), float("-inf"), 1.5, None, True], "b": {"c": 2}})
    expected = {"a": [None, None, 1.5, None, True], "b": {"c": 2}}
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == expected


def test_a_bug_s_traceback_is_as_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(HOSTILE)

    monkeypatch.setattr("snnc.cli.check.compile_spec", fail)
    text = safe_output("check", "good.snn")
    assert "ValueError: a\n" in text
    assert text.endswith("This is a bug in snnc: please report it with the spec.\n")


def test_what_points_at_two_files_is_printed_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = [Span(SourceFile(name, "c0\n"), 0, 2) for name in ("one.snn", "two.snn")]
    related = (Label(spans[1], "first used here"),)
    problem = RepeatedName(span=spans[0], name="c0", free="c1", related=related)
    error = snnc.SpecError((problem,))

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("snnc.interface.sweep.sweep", refuse)
    done = run("sweep", ROOT / "specs/drift.snn", "--set", "c0.filters=8")
    assert (done.returncode, done.stderr) == (1, f"{error}\n")
    assert " ::: two.snn" in str(error)
