"""What the playground calls in the browser; `make test-browser` tries the page."""

import base64
import importlib
import json
import math
import re
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from snnc.source import LARGEST
from tests.commands import run_python
from tests.support import ROOT
from tests.test_extras import PROJECT

HERE = ROOT / "docs/playground"
BROKEN = sorted((ROOT / "tests/rules/cases").glob("SNN3*/invalid.*"))


@pytest.fixture(scope="module")
def playground() -> Any:
    sys.path.append(str(HERE))
    yield importlib.import_module("playground")
    sys.path.remove(str(HERE))


@pytest.mark.parametrize(
    "path", [ROOT / "specs/drift.snn", ROOT / "specs/drift.yaml", *BROKEN[:3]]
)
def test_it_finds_what_check_prints(path: Path, playground: Any) -> None:
    text = path.read_text(encoding="utf-8")
    with playground.folder(text) as spec:
        _, printed, _ = playground.run("check", spec, "--format", "json")
    found = json.loads(playground.check(text, patient=True))
    expected = json.loads(printed)["diagnostics"]
    for entry in expected:
        entry["file"] = Path(entry["file"]).name
    assert found["diagnostics"] == expected
    assert found["settled"]


def test_costs_are_next_to_their_lines(playground: Any) -> None:
    text = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    costs = dict(json.loads(playground.check(text))["costs"])
    lines = text.splitlines()
    assert {lines[n - 1].split()[1]: costs[n].split(", ")[-1] for n in costs} == {
        "drift": "5 cores",
        "conv": "host",
        "c0": "3 cores",
        "c1": "1 core",
        "d0": "1 core",
    }


def test_it_shows_the_files_of_a_build(playground: Any) -> None:
    text = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    files = json.loads(playground.files(text))["files"]
    assert "from specs/drift.snn" in files["models/drift/keras_model.py"]
    problems = json.loads(playground.files("snn 1\n"))["problems"]
    assert problems.startswith("error[")


DRIFT = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
HALF = "\ud800"
"""Half a character, as JavaScript can have in a text."""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (DRIFT.replace("network drift", f"network {'d' * 300}"), "SNN213"),
        (f"snn: 1\nnetwork: {'d' * 300}\n", "SNN213"),
        (DRIFT.replace("network drift", f"network {HALF}"), "SNN703"),
        (f"{DRIFT}# {HALF}\n", "SNN703"),
    ],
    ids=["name", "name in YAML", "half a character", "half in a comment"],
)
def test_a_strange_text_has_a_problem(text: str, code: str, playground: Any) -> None:
    found = json.loads(playground.check(text, patient=True))
    assert code in [entry["code"] for entry in found["diagnostics"]]
    assert found["settled"]
    for show in (playground.report, playground.files):
        assert f"error[{code}]" in json.loads(show(text))["problems"]


def test_a_link_has_at_most_the_size_of_a_spec() -> None:
    text = (HERE / "link.mjs").read_text(encoding="utf-8")
    (factors,) = re.findall(r"LARGEST = (\d+) \* (\d+);", text)
    assert math.prod(map(int, factors)) == LARGEST


def test_it_asks_for_javascript_only_without_it() -> None:
    text = (HERE / "index.html").read_text(encoding="utf-8")
    needing = re.findall(r"<([^>]+)>[^<]*needs JavaScript", text)
    assert needing == ["noscript", "script nomodule"]
    panels = re.findall(r'role="tabpanel".*?>(.*?)</div>', text)
    assert len(panels) == 3
    assert all("Loading" in panel for panel in panels)


def test_it_needs_no_extra() -> None:
    code = """import sys
from tests.support import hide_extras
hide_extras()
import playground
text = open(sys.argv[1]).read()
print(playground.check(text), playground.report(text), playground.files(text))"""
    done = run_python("-c", code, ROOT / "specs/drift.snn", cwd=HERE)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 0


def test_its_wheels_are_all_that_snnc_needs() -> None:
    text = (HERE / "requirements.txt").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
    needed = [
        re.split(r"[><=;]", name)[0] for name in PROJECT["project"]["dependencies"]
    ]
    assert set(needed) - {"tomli"} <= listed


def test_a_link_carries_its_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(ROOT / "docs/_ext"))
    links = importlib.import_module("in_browser")
    text = "snn 1\n\n# ein Netz für Ziffern 数\n"
    data = base64.urlsafe_b64decode(links.fragment(text) + "==")
    assert zlib.decompress(data, wbits=-15).decode() == text
