"""``snnc report`` on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from snnc import __version__
from snnc.cli import main
from tests.report.test_texts import shorten
from tests.support import ROOT

SPEC = ROOT / "specs" / "mnist.snn"
EXPECTED = Path(__file__).parent / "expected"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "mnist.txt"),
        (("--why",), "mnist.why.txt"),
        (("--format", "markdown", "--why"), "mnist.md"),
    ],
)
def test_what_is_printed(
    options: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(SPEC), *options]) == 0
    printed = capsys.readouterr().out
    assert printed == (EXPECTED / expected).read_text(encoding="utf-8")


def test_json_has_the_sentences_that_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["report", str(SPEC), "--format", "json", "--why"])
    printed = shorten(json.loads(capsys.readouterr().out))
    assert printed == (EXPECTED / "mnist.json").read_text(encoding="utf-8")


def test_a_network_that_is_too_large_is_reported_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "mnist.snn"
    text = SPEC.read_text(encoding="utf-8")
    spec.write_text(text.replace("chips 1", "cores 9"), encoding="utf-8")
    assert main(["report", str(spec)]) == 1
    printed = capsys.readouterr()
    assert "SNN406" in printed.err
    assert "on 11 cores of 1 chip" in printed.out


@pytest.mark.slow
def test_a_page_has_cores_variants_and_the_spec(
    capsys: pytest.CaptureFixture[str],
) -> None:
    against = str(ROOT / "specs" / "drift.snn")
    assert main(["report", str(SPEC), "--format", "html", "--against", against]) == 0
    page = capsys.readouterr().out
    tables = (EXPECTED / "mnist.html").read_text(encoding="utf-8")
    shown = tables.split("</main>")[0]
    before_spec, _, after_spec = shown.partition("<h2>The cores</h2>")
    assert before_spec.rstrip() in page
    assert after_spec.rstrip() in page
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
    assert main(["report", str(SPEC), "--against", against]) == 2


def test_problems_of_the_other_spec_are_shown_with_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "old.snn"
    other.write_text("snn 1\n\nnetwork old {\n  conv9d c {}\n}\n", encoding="utf-8")
    command = ["report", str(SPEC), "--format", "html", "--against", str(other)]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f" --> {other.as_posix()}:4:3" in printed.err.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet", "resnet8"])
def test_a_large_spec_has_a_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = ROOT / f"specs/league/{name}.snn"
    assert main(["report", str(spec), "--format", "html"]) == 0
    assert "<h2>Variants</h2>" in capsys.readouterr().out
