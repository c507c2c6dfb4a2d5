"""The extension for VS Code: what it shows is what snnc knows, and it compiles."""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from click import Context

from editors.vscode_files import SNIPPETS, snippets_text
from snnc import __version__
from snnc.cli import snnc
from snnc.language.keywords import FORMS
from snnc.language_server.server import DEVICE
from tests.rules.checking import assert_accepted
from tests.support import ROOT, compile_text, network

EXTENSION = ROOT / "editors/vscode"
PACKAGE = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
_PLACE = re.compile(r"\$\{\d+:([^}]*)\}|\$0")


def test_the_snippets_are_those_of_the_language() -> None:
    assert_accepted(SNIPPETS, snippets_text())


def test_each_kind_has_one_and_can_be_read() -> None:
    found = json.loads(snippets_text())
    assert FORMS.keys() - {"neuron"} <= found.keys()
    for name in FORMS.keys() - {"neuron"}:
        body = _PLACE.sub(lambda place: place[1] or "", found[name]["body"])
        _, report = compile_text(network(body), "parse")
        assert not report.diagnostics, body


def test_what_can_be_set_is_what_the_server_takes() -> None:
    told = PACKAGE["contributes"]["configuration"]["properties"]
    own = {key.removeprefix("snnc."): value["default"] for key, value in told.items()}
    assert own.pop("command") == []  # it looks for the project's interpreter
    assert own == {"device": DEVICE}


def test_its_tasks_are_verbs() -> None:
    (task,) = PACKAGE["contributes"]["taskDefinitions"]
    verbs = task["properties"]["verb"]["enum"]
    assert verbs == ["build", "report"]
    assert set(verbs) <= set(snnc.list_commands(Context(snnc)))
    assert json.dumps(verbs) in (EXTENSION / "src/extension.ts").read_text("utf-8")


def test_it_has_the_version_of_the_project() -> None:
    released, _, _ = __version__.partition(".dev")  # VS Code has no drafts
    assert PACKAGE["version"] == released
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["version"] == lock["packages"][""]["version"] == released
    assert (EXTENSION / PACKAGE["icon"]).read_bytes()[:4] == b"\x89PNG"


def npm(*arguments: str) -> str:
    done = subprocess.run(
        ["npm", "run", "--silent", *arguments],
        cwd=EXTENSION,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("npm") and (EXTENSION / "node_modules").is_dir()),
    reason="its packages are not there: npm install, in editors/vscode",
)
def test_it_is_linted_compiled_and_packaged() -> None:
    npm("package")
    with zipfile.ZipFile(EXTENSION / "snnc.vsix") as package:
        names = {Path(name).name for name in package.namelist()}
        grammar = package.read("extension/syntaxes/snn.tmLanguage.json")
    assert {"extension.js", "snn.json", "language-configuration.json"} <= names
    assert {"icon.png", "changelog.md"} <= {name.lower() for name in names}
    assert grammar == (ROOT / "grammar/snn.tmLanguage.json").read_bytes()
