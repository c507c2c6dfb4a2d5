"""Files are written whole or not at all, and nothing else of them changes."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from snnc.runtime.files import ABANDONED, PART, replacing, write_file
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


def test_the_part_of_a_killed_writer_is_removed_by_a_later_one(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    program = (
        "import os, signal\n"
        "from snnc.runtime.files import replacing\n"
        f"with replacing({str(path)!r}) as file:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    (killed,) = tmp_path.iterdir()
    hour_ago = time.time() - ABANDONED - 1
    os.utime(killed, (hour_ago, hour_ago))
    running = tmp_path / f".w.safetensors.1a2b3c4d{PART}"
    running.write_bytes(b"")
    with replacing(path) as file:
        file.write(b"whole")
    assert {each.name for each in tmp_path.iterdir()} == {path.name, running.name}
