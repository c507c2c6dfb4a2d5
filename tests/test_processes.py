"""Processes of snnc: what they import, how they die and end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pytest

from snnc import processes
from snnc.processes import local_workers, run_tasks
from tests.commands import run_python
from tests.support import ROOT

PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from snnc.processes import local_workers, run_tasks
from tests.test_processes import modules
with local_workers(1) as workers:
    for task, future in run_tasks(workers, modules, ["a"]):
        print(future.result())
"""


SLEEPING = """
import sys
sys.path.append(sys.argv[1])
from snnc.processes import local_workers, run_tasks
from tests.test_processes import sleep
with local_workers(1) as workers:
    list(run_tasks(workers, sleep, [sys.argv[2]]))
"""


def double(number: int) -> int:
    return 2 * number


def die(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_once(file: str) -> str:
    if not os.path.exists(file):
        Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return file


def modules(_: str) -> str:
    import random
    import struct

    return f"{random.__file__} {struct.__file__}"


def ignores_ctrl_c(_: int) -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def sleep(file: str) -> None:
    Path(file).write_text(str(os.getpid()))
    time.sleep(60)


def say(text: str) -> str:
    print(text)
    return os.environ["OPENBLAS_NUM_THREADS"]


def test_tasks_end_and_a_death_costs_one_of_them(tmp_path: Path) -> None:
    with local_workers(2) as workers:
        found = dict(run_tasks(workers, double, range(6)))
        assert {task: future.result() for task, future in found.items()} == {
            number: 2 * number for number in range(6)
        }
        dead = dict(run_tasks(workers, die, range(6)))
        (file,) = run_tasks(workers, die_once, [str(tmp_path / "f")], tries=2)
    assert isinstance(dead.pop(3).exception(), workers.deaths)
    assert sorted(future.result() for future in dead.values()) == [0, 1, 2, 4, 5]
    assert file[1].result() == str(tmp_path / "f")


def test_tasks_are_drawn_when_there_is_a_worker() -> None:
    drawn: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(9):
            drawn.append(number)
            yield number

    ended: list[Future[int]] = []
    with local_workers(2) as workers:
        for _, future in run_tasks(workers, double, tasks()):
            ended.append(future)
            assert len(drawn) <= len(ended) + 3
    assert len(ended) == 9


def test_processes_ignore_ctrl_c_and_end_with_who_waits() -> None:
    started = time.monotonic()

    def wait() -> None:
        with local_workers(1) as workers:
            ((_, future),) = run_tasks(workers, ignores_ctrl_c, [0])
            assert future.result()
            workers.open().submit(time.sleep, 60)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait()
    assert time.monotonic() - started < 50
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_processes_print_goes_to_a_log(tmp_path: Path) -> None:
    with local_workers(1, tmp_path / "log") as workers:
        ((_, future),) = run_tasks(workers, say, ["said"])
    assert future.result() == "1"
    assert (tmp_path / "log").read_text() == "said\n"


@pytest.mark.parametrize("knows_safe_path", [False, True])
def test_processes_import_nothing_from_the_current_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch, knows_safe_path: bool
) -> None:
    """As Python 3.11 and newer keep them from it, and as it is done for 3.10."""
    if not knows_safe_path:
        monkeypatch.delitem(processes.ENVIRONMENT, processes.SAFE_PATH)
        monkeypatch.setattr(processes, "KNOWS_SAFE_PATH", False)
    for name in ("multiprocessing", "queue", "random", "struct"):
        (here / f"{name}.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.syspath_prepend(str(here))
    with local_workers(1) as workers:
        ((_, future),) = run_tasks(workers, modules, ["a"])
        assert str(here) not in future.result()


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(PROGRAM)
    (tmp_path / "netrc.py").write_text("raise SystemExit")
    done = run_python("script.py", ROOT, cwd=tmp_path)
    assert done.stdout.count("random.py") == 1
    assert not done.stderr


def test_processes_end_with_a_killed_main_process(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SLEEPING)
    file = tmp_path / "pid"
    program = str(tmp_path / "program.py")
    arguments = [sys.executable, program, str(ROOT), str(file)]
    with subprocess.Popen(arguments) as main:
        wait_until(lambda: file.exists() and file.read_text() != "")
        worker = int(file.read_text())
        main.kill()
    try:
        wait_until(lambda: not is_running(worker))
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(process: int) -> bool:
    """Return whether a process runs; one that has ended may still be listed."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
