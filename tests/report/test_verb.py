"""``snnc report`` on the command line."""

import json
import re
from pathlib import Path

import pytest

from snnc import __version__
from tests.commands import run as snnc
from tests.report.test_texts import EXPECTED, shorten
from tests.support import ROOT

SPEC = ROOT / "specs" / "mnist.snn"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "mnist.txt"),
        (("--why",), "mnist.why.txt"),
        (("--format", "markdown", "--why"), "mnist.md"),
        (("--format", "json", "--why"), "mnist.json"),
    ],
)
def test_what_is_printed(options: tuple[str, ...], expected: str) -> None:
    done = snnc("report", SPEC, *options)
    printed = shorten(json.loads(done.stdout)) if "json" in options else done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert printed == (EXPECTED / expected).read_text(encoding="utf-8")


def test_a_network_that_is_too_large_is_reported_all_the_same(tmp_path: Path) -> None:
    spec = tmp_path / "mnist.snn"
    text = SPEC.read_text(encoding="utf-8")
    spec.write_text(text.replace("chips 1", "cores 9"), encoding="utf-8")
    done = snnc("report", spec)
    assert done.returncode == 1
    assert "SNN406" in done.stderr
    assert "on 11 cores of 1 chip" in done.stdout


@pytest.mark.slow
def test_a_page_has_cores_variants_and_the_spec() -> None:
    against = str(ROOT / "specs" / "drift.snn")
    done = snnc("report", SPEC, "--format", "html", "--against", against)
    page = done.stdout
    tables = (EXPECTED / "mnist.html").read_text(encoding="utf-8")
    shown = tables.split("</main>")[0]
    before_spec, _, after_spec = shown.partition("<h2>The cores</h2>")
    assert before_spec.rstrip() in page
    assert after_spec.rstrip().removesuffix("</div>") in page
    titles = re.findall("<h2>(.*?)</h2>", page)
    assert titles == [
        "The spec",
        "The cores",
        "The layers",
        "Why layers don't take fewer cores",
        f"What changed since {against}",
        "Variants",
    ]
    loaded = re.findall(r"(?:src|href|url)=?[\"(]*(?:https?:)?//[^\"]*", page)
    assert [link.rpartition("/")[2] for link in loaded] == [
        "loihi-for-keras-users.html"  # a link to the terms, which loads nothing
    ]
    assert f"snnc {__version__}, {SPEC.as_posix()}" in page
    assert snnc("report", SPEC, "--against", against).returncode == 2


def test_problems_of_the_other_spec_are_shown_with_their_lines(tmp_path: Path) -> None:
    other = tmp_path / "old.snn"
    other.write_text("snn 1\n\nnetwork old {\n  conv9d c {}\n}\n", encoding="utf-8")
    done = snnc("report", SPEC, "--format", "html", "--against", other)
    assert (done.returncode, done.stdout) == (1, "")
    assert f" --> {other.as_posix()}:4:3" in done.stderr.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet", "resnet8"])
def test_a_large_spec_has_a_page(name: str) -> None:
    done = snnc("report", ROOT / f"specs/league/{name}.snn", "--format", "html")
    assert (done.returncode, "<h2>Variants</h2>" in done.stdout) == (0, True)
