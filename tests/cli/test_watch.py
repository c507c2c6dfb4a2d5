"""`snnc build --watch` builds on each save, whatever is wrong, until Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snnc.cli.build import watch_files
from tests.cli.builds import SPEC, spec_named
from tests.commands import run
from tests.support import ROOT


class EnoughError(Exception):
    """Ends a watch."""


def watch_saves(path: Path, saves: list[str | None]) -> list[str]:
    """Return what each build read; before each pause there is one of the saves."""
    path.write_text("first")
    read: list[str] = []
    left = iter(saves)

    def pause(seconds: float) -> None:
        text = next(left, "end")
        if text == "end":
            raise EnoughError
        if text == "gone":
            path.unlink()
        elif text is not None:
            path.with_suffix(".new").write_text(text)
            path.with_suffix(".new").replace(path)

    with pytest.raises(EnoughError):
        watch_files(lambda: [path], lambda: read.append(path.read_text()), pause)
    return read


@pytest.mark.parametrize(
    ("saves", "builds"),
    [
        ([None, "second", None, None, "third", None, None], ["second", "third"]),
        (["s", "se", "sec", "second", None], ["second"]),
        (["gone", "second", None, None], ["second"]),
    ],
    ids=["each save is built once", "a file still changes", "gone for a moment"],
)
def test_a_save_is_built_when_it_is_whole(
    tmp_path: Path, saves: list[str | None], builds: list[str]
) -> None:
    assert watch_saves(tmp_path / "a", saves) == ["first", *builds]


def test_a_folder_is_looked_into_anew(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("specs").mkdir()
    Path("specs/net.snn").write_text(SPEC)

    def watch(find: Callable[[], list[Path]], act: Callable[[], None]) -> None:
        act()
        Path("specs/net.snn").unlink()
        Path("specs/other.snn").write_text(spec_named("other"))
        assert find() == [Path("specs/other.snn")]
        act()

    monkeypatch.setattr("snnc.cli.build.watch_files", watch)
    done = run("build", "specs", "--watch")
    assert "specs/other.snn: models/other: " in done.stderr
    assert "error" not in done.stderr


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "net.snn").write_text(SPEC)
    started = subprocess.Popen(
        [sys.executable, "-m", "snnc", "build", "net.snn", "--watch"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(120, started.kill)
    watchdog.start()
    yield started
    watchdog.cancel()
    started.kill()
    started.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if words in line:
            return
    raise AssertionError(f"no line with {words!r}:\n{''.join(seen)}")


@pytest.mark.slow
def test_it_goes_on_through_errors(
    process: subprocess.Popen[str], tmp_path: Path
) -> None:
    def save(text: str) -> None:
        (tmp_path / "net.snn~").write_text(text)
        (tmp_path / "net.snn~").replace(tmp_path / "net.snn")

    read_until(process, "watching net.snn: press Ctrl-C to stop")
    save(SPEC.replace("filters 4", "filtres 4"))
    read_until(process, "error[SNN203]")
    save(SPEC.replace("filters 4", "filters 5"))
    read_until(process, "files written")
    (tmp_path / "net.snn").write_text(spec_named("other"))
    read_until(process, "models/net: ")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
