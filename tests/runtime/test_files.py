"""Files are written whole or not at all, and nothing else of them changes."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snnc.runtime import files
from snnc.runtime.files import PART, remove_abandoned, replacing, write_file
from tests.commands import run_shell


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_file(tmp_path / "a", "é\r\n\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\r\n\n"
    assert names(tmp_path) == ["a"]


def test_a_new_file_has_the_mode_that_others_get(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o777])
def test_the_mode_of_a_replaced_file_stays(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(mode)
    with replacing(tmp_path / "a") as file:
        (part,) = (path for path in tmp_path.iterdir() if path.name != "a")
        assert part.name.endswith(PART)
        assert stat.S_IMODE(part.stat().st_mode) & ~mode == 0
        file.write(b"new")
        file.flush()
        assert (tmp_path / "a").read_text() == "old"  # nobody sees half a file
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode
    assert (tmp_path / "a").read_text() == "new"


def test_a_link_stays_and_what_it_points_at_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("old")
    (tmp_path / "link").symlink_to("real/a")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_text() == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, "text")
    reader.join()
    assert got == [b"text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_long_name_has_room_for_the_part(tmp_path: Path) -> None:
    write_file(tmp_path / ("é" * 127), "")
    assert names(tmp_path) == ["é" * 127]


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_alone(
    tmp_path: Path, failure: BaseException
) -> None:
    (tmp_path / "a").write_text("old")

    def fail() -> None:
        with replacing(tmp_path / "a") as file:
            file.write(b"half")
            raise failure

    with pytest.raises((OSError, KeyboardInterrupt)) as caught:
        fail()
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(tmp_path / "a")


def test_an_error_of_another_file_names_that_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "a"):
        (tmp_path / "other").read_text()
    assert caught.value.filename == str(tmp_path / "other")
    assert names(tmp_path) == []


@pytest.mark.parametrize("path", ["missing/a", "."])
def test_a_place_that_takes_no_file_is_an_error_that_names_it(
    tmp_path: Path, path: str
) -> None:
    with pytest.raises(OSError, match=r"missing/a|Is a directory"):
        write_file(tmp_path / path, "")
    assert names(tmp_path) == []


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    code = "from snnc.runtime.files import run_program as run; "
    code += "run('p', lambda: [print('x\\n' * 10**5, flush=True) for _ in 'ab'])"
    done = run_shell(f'python -c "{code}" | head -1')
    assert (done.stdout, done.stderr) == ("x\n", "")


WRITER = """
import sys
from snnc.runtime.files import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"slow")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that writes a file until its stdin is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()


def kill_writer(path: Path) -> Path:
    """Kill a process that writes a file, and return the part that it leaves."""
    before = set(path.parent.iterdir())
    with writer(path) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    (part,) = set(path.parent.iterdir()) - before
    assert part.name.endswith(PART)
    return part


@pytest.mark.parametrize("name", ["a", "[*?]", "é" * 127])
def test_the_next_write_removes_what_a_killed_writer_left(
    tmp_path: Path, name: str
) -> None:
    kill_writer(tmp_path / name)
    kill_writer(tmp_path / name)
    write_file(tmp_path / name, "next")
    assert names(tmp_path) == [name]


def test_what_was_left_behind_a_link_is_removed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real/a")
    kill_writer(tmp_path / "real" / "a")
    write_file(tmp_path / "link", "next")
    assert names(tmp_path / "real") == ["a"]


def test_the_part_of_a_live_writer_stays(tmp_path: Path) -> None:
    left = kill_writer(tmp_path / "a")
    with writer(tmp_path / "a") as process:
        write_file(tmp_path / "a", "quick")
        assert not left.exists()
        (part,) = (path for path in tmp_path.iterdir() if path.name != "a")
        assert part.read_text() == "slow"
        assert (tmp_path / "a").read_text() == "quick"
        process.communicate("")
        assert process.returncode == 0
    assert (tmp_path / "a").read_text() == "slow"
    assert names(tmp_path) == ["a"]


def test_a_closed_part_stays_until_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = os.replace

    def write_meanwhile(source: str, target: str) -> None:
        remove_abandoned(target)
        genuine(source, target)

    monkeypatch.setattr(os, "replace", write_meanwhile)
    write_file(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"


def test_a_part_that_is_removed_before_its_lock_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = os.dup
    removed: list[str] = []

    def remove_first(descriptor: int) -> int:
        if not removed:
            removed.extend(names(tmp_path))
            remove_abandoned(tmp_path / "a")
            assert names(tmp_path) == []
        return genuine(descriptor)

    monkeypatch.setattr(os, "dup", remove_first)
    write_file(tmp_path / "a", "text")
    assert len(removed) == 1
    assert (tmp_path / "a").read_text() == "text"
    assert names(tmp_path) == ["a"]


def test_parts_of_other_files_and_other_names_stay(tmp_path: Path) -> None:
    other = kill_writer(tmp_path / "a.smooth")
    (tmp_path / f".a.mine{PART}").write_text("")
    write_file(tmp_path / "a", "")
    assert names(tmp_path) == sorted(["a", other.name, f".a.mine{PART}"])


def test_a_pipe_that_is_named_like_a_part_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f".a.01234567{PART}")
    write_file(tmp_path / "a", "")
    assert "a" in names(tmp_path)


def test_without_locks_a_part_stays_while_it_may_be_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = kill_writer(tmp_path / "a")
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    write_file(tmp_path / "a", "")
    assert left.exists()
    past = time.time() - files.RENAMED_WITHIN - 1
    os.utime(left, (past, past))
    write_file(tmp_path / "a", "")
    assert names(tmp_path) == ["a"]


def test_without_locks_in_the_file_system_a_part_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    left = kill_writer(tmp_path / "a")
    monkeypatch.setattr(fcntl, "flock", refuse)
    write_file(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"
    assert left.exists()
