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
POINTS = 4.0
"""How far accuracies may be from those shown: another machine trains otherwise."""


def test_the_spec_is_the_one_that_init_writes() -> None:
    assert f"```snn\n{starter_files()[SPEC]}```" in TEXT


def accuracy(text: str, words: str = "accuracy ") -> float:
    found = re.search(rf"^{words} *(\d+\.\d) %", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


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
    report, trained, evaluated = OUTPUTS[1:]
    assert report in done.stdout
    assert "specs/starter.snn: ok" in done.stderr
    assert trained.splitlines()[0] in done.stdout + done.stderr
    shown = done.stdout
    exact = shown[shown.index("starter on exact") :]
    exact, loihi = exact.split("starter on loihi")
    for words in ("accuracy ", "Keras with these weights"):
        assert abs(accuracy(exact, words) - accuracy(evaluated, words)) < POINTS
    assert re.search(r"^cores +3$", loihi, re.MULTILINE)
    assert re.search(
        r"^\d$", loihi, re.MULTILINE
    )  # what the emulator says the digit is
    assert shutil.which("git") is None or (tmp_path / "digits/.git").is_dir()
