"""Streams that can't be written or read, and a current folder that is gone."""

from pathlib import Path

import pytest

from tests.commands import run_shell
from tests.support import layered

FULL = Path("/dev/full")
GOOD = layered("conv2d a { filters 2 }", "avgpool { window all }", encode="conv")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="Linux alone has /dev/full")


def shell(line: str, cwd: Path, **environment: str) -> tuple[int, str, str]:
    done = run_shell(line, cwd, **environment)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.snn").write_text(GOOD)
    (tmp_path / "bad.snn").write_text(GOOD.replace("window", "windo"))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("what", ["report one.snn", "--help", "schema"])
def test_a_full_stdout_is_an_error(what: str, unbuffered: str, folder: Path) -> None:
    told = "error: stdout can't be written: No space left on device\n"
    done = shell(f"snnc {what} > /dev/full", folder, PYTHONUNBUFFERED=unbuffered)
    assert done == (1, "", told)


def test_a_closed_stdout_is_one_too(folder: Path) -> None:
    told = "error: stdout can't be written: Bad file descriptor\n"
    assert shell("snnc limits >&-", folder) == (1, "", told)


def test_a_reader_that_has_seen_enough_is_none(folder: Path) -> None:
    assert shell("snnc schema | head -1", folder) == (0, "{\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_a_stderr_that_takes_nothing_changes_no_status(
    stderr: str, folder: Path
) -> None:
    assert shell(f"snnc check one.snn {stderr}", folder) == (0, "", "")
    assert shell(f"snnc check bad.snn {stderr}", folder) == (1, "", "")
    assert shell(f"snnc explain SNN1 {stderr}", folder) == (2, "", "")


def test_a_closed_stdin_is_a_diagnostic(folder: Path) -> None:
    status, _, told = shell("snnc check - <&-", folder)
    assert status == 1
    assert told.startswith("error[SNN705]: `<stdin>` can't be read: it is closed\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("init", 1, "error"),
        ("build {0}/one.snn", 1, "error[SNN720]: `models` can't be written"),
        ("build {0}/one.snn -o {0}/models", 0, "0 unchanged"),
        ("check one.snn {0}/b.snn", 1, "error"),
        ("check {0}/one.snn", 0, "one.snn: ok"),
    ],
)
def test_a_current_folder_that_is_gone_is_no_bug(
    what: str, status: int, words: str, folder: Path
) -> None:
    gone = "mkdir gone; cd gone; rmdir ../gone; "
    found, _, told = shell(f"{gone}snnc {what.format(folder)}", folder)
    assert found == status
    assert words in told
