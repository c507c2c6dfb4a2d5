"""Run `docs/tutorial.md` unchanged in its own folder."""

import re
import shutil
from pathlib import Path

import pytest

from snnc.starter import SPEC, starter_files
from tests.commands import run_shell
from tests.support import ROOT

TEXT = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^    (.+)$", FENCED.sub("", TEXT), re.MULTILINE)
OUTPUTS = [text for language, text in FENCED.findall(TEXT) if not language]
PROGRAMS = [text for language, text in FENCED.findall(TEXT) if language == "python"]
RANGES = re.search(
    r"accuracies from (\d+) to (\d+) %, and (\d+) to (\d+) % for `Keras with these\s"
    r"weights`",
    TEXT,
)
"""The accuracies that the page promises: another machine trains other weights."""


def test_the_spec_is_the_one_that_init_writes() -> None:
    assert f"```snn\n{starter_files()[SPEC]}```" in TEXT


def accuracy(text: str, words: str = "accuracy ") -> float:
    found = re.search(rf"^{words} *(\d+\.\d) %", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def assert_in_ranges(text: str) -> None:
    """Require the accuracies that the page promises, which it rounds."""
    assert RANGES is not None
    lowest, highest, lowest_keras, highest_keras = map(float, RANGES.groups())
    assert lowest <= round(accuracy(text)) <= highest
    in_keras = accuracy(text, "Keras with these weights")
    assert lowest_keras <= round(in_keras) <= highest_keras


def test_the_accuracies_shown_are_in_the_ranges_of_the_page() -> None:
    assert_in_ranges(OUTPUTS[-1])


@pytest.mark.slow
def test_a_person_with_the_tutorial_alone_reaches_the_chip(tmp_path: Path) -> None:
    data, chip = PROGRAMS
    script = "\n".join(COMMANDS)
    before = "python data.py"
    assert script.count(before) == 1
    written = f"cat > data.py << 'END'\n{data}END\n{before}"
    board = f"cd models\npython << 'END'\n{chip}END\ncd ..\ngit init"
    script = script.replace(before, written).replace("git init", board, 1)
    done = run_shell(
        script, tmp_path, PYTHONWARNINGS="ignore", TF_CPP_MIN_LOG_LEVEL="3"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report, trained, _ = OUTPUTS[1:]
    assert report in done.stdout
    assert "specs/starter.snn: ok" in done.stderr
    assert trained.splitlines()[0] in done.stdout + done.stderr
    shown = done.stdout
    exact = shown[shown.index("starter on exact") :]
    exact, loihi = exact.split("starter on loihi")
    assert_in_ranges(exact)
    assert re.search(r"^cores +3$", loihi, re.MULTILINE)
    assert re.search(
        r"^\d$", loihi, re.MULTILINE
    )  # what the emulator says the digit is
    assert shutil.which("git") is None or (tmp_path / "digits/.git").is_dir()
