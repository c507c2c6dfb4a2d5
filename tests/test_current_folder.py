"""No process of snnc runs a file of the current folder, which may be untrusted."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.commands import console_script, git, run, run_python
from tests.support import CLUSTER, ROOT
from tests.weights.files import SMALL, save, weights_of

TRAPPED = """
import math
import sys
sys.path.append(sys.argv[1])
from snnc.processes import local_workers, run_tasks
with local_workers(1) as workers:
    ended = [future for _, future in run_tasks(workers, math.factorial, [3, 4])]
print([future.result() for future in ended])
"""
OTHERS = ("click", "filelock", "numba", "numpy", "sitecustomize", "snnc", "tqdm")


def set_traps(folder: Path) -> Path:
    """Write a file for each module that a process may import.

    The files are harmless, and note in the file that is returned that they were run.
    """
    folder.mkdir(exist_ok=True)
    log = folder.parent / "trapped.txt"
    for name in (*sys.stdlib_module_names, *OTHERS):
        code = f"import sys\nopen({str(log)!r}, 'a').write({name!r} + repr(sys.argv))\n"
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return log


def interpreters() -> Iterator[str]:
    """Yield this Python, and Python 3.10 if it is found; 3.10 knows no safe path."""
    yield sys.executable
    versions = Path("~/.pyenv/versions").expanduser()
    found = [*map(str, versions.glob("3.10.*/bin/python3.10"))]
    for path in (shutil.which("python3.10") or sys.executable, *found):
        # The command of a version manager may exist without the version.
        done = subprocess.run([path, "-c", ""], capture_output=True, check=False)
        if done.returncode == 0 and path != sys.executable:
            yield path
            return


def test_processes_import_nothing_from_the_current_folder(tmp_path: Path) -> None:
    program, here = tmp_path / "program", tmp_path / "here"
    program.mkdir()
    (program / "main.py").write_text(TRAPPED, encoding="utf-8")
    log = set_traps(here)
    for python in interpreters():
        done = subprocess.run(
            [python, program / "main.py", ROOT],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("[6, 24]\n", ""), python
        assert not log.exists(), log.read_text(encoding="utf-8")


DATA = "--data data.npz --weights small.safetensors"
EVALUATE = f"evaluate models/small {DATA} --workers 2"
LINES = (
    EVALUATE,
    f"sweep small.snn --set 'timing.present=20 ms' {DATA}",
    "import model.h5",
    "build small.snn --tracked",
    "diff git:HEAD:small.snn small.snn",
    "--version",
)
"""Commands that start processes."""
METHODS = f"""
import multiprocessing, sys
multiprocessing.set_start_method(sys.argv.pop(1))
sys.modules["tensorflow"] = None  # it takes seconds to import
{console_script()}"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a folder with all files that `LINES` read."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "small.snn").write_text(SMALL, encoding="utf-8")
    weights = {name: abs(values) for name, values in weights_of(SMALL, 0.1).items()}
    save(here / "small.safetensors", SMALL, weights)
    x = np.random.default_rng(0).random((4, 8, 8, 1), np.float32)
    np.savez(here / "data.npz", x=x, y=np.arange(4) % 2)
    shutil.copy(ROOT / "tests/importer/data/k3_chain.h5", here / "model.h5")
    git("init", "-q", cwd=here)
    assert run("build", "small.snn", cwd=here).returncode == 0
    git("add", ".", cwd=here)
    git("commit", "-q", "-m", "small", cwd=here)
    return here


def run_trapped(here: Path, method: str, line: str) -> None:
    """Run a command; fail if a process runs a file of its folder, or dies."""
    log = set_traps(here)
    program = here.parent / "main.py"
    program.write_text(METHODS, encoding="utf-8")
    done = run_python(program, method, *shlex.split(line), cwd=here)
    assert not log.exists(), log.read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "died" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "line"), [("spawn", EVALUATE), *(("fork", line) for line in LINES)]
)
def test_commands_run_nothing_of_the_current_folder(
    method: str, line: str, here: Path
) -> None:
    """Nor do libraries, which start processes as the system does: macOS by spawning."""
    run_trapped(here, method, line)


@pytest.mark.slow
@CLUSTER
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize(
    "line",
    [f"evaluate models/small {DATA}", LINES[1]],
    ids=["evaluate", "sweep"],
)
def test_a_client_of_dask_runs_nothing_of_the_current_folder(
    method: str, line: str, here: Path, scheduler: str
) -> None:
    run_trapped(here, method, f"{line} --dask {scheduler}")


STARTS = re.compile(
    r"sys\.executable|ProcessPool|multiprocessing|subprocess|\bloky\b"
    r"|os\.(exec|spawn|posix_spawn|fork|popen|system)"
)


def test_few_modules_start_processes() -> None:
    """Each is covered by one of `LINES`."""
    starters = {
        path.relative_to(ROOT / "snnc").as_posix()
        for path in (ROOT / "snnc").rglob("*.py")
        if STARTS.search(path.read_text(encoding="utf-8"))
    }
    assert starters == {
        "cli/version.py",
        "output/stale.py",
        "processes.py",
        "syntax/revisions.py",
    }
