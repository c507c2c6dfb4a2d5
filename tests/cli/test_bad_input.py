"""Each verb answers any path at once and without a traceback."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.commands import run
from tests.weights.files import SMALL, save, weights_of

pytestmark = pytest.mark.usefixtures("repo")
SECONDS = 60
"""Far more than an answer takes; a pipe that is opened is waited for without end."""


def writer(data: bytes) -> Callable[[str], object]:
    return lambda name: Path(name).write_bytes(data)


BAD: dict[str, Callable[[str], object]] = {
    "missing": lambda name: None,
    "folder": os.mkdir,
    "binary": writer(bytes(range(256)) * 20),
    "empty": writer(b""),
    "fifo": os.mkfifo,
    "loop": lambda name: os.symlink(name, name),
    "dangling": lambda name: os.symlink("nowhere", name),
    "unreadable": lambda name: os.symlink("/proc/self/mem", name),
    "full": lambda name: os.symlink("/dev/full", name),
    "below a file": lambda name: None,
    "long": lambda name: None,
    "no text": writer(SMALL.encode()),
}
NAMES = {
    "below a file": "small.snn/{}",
    "long": "x" * 5000 + "{}",
    "no text": os.fsdecode(b"\xe9") + "{}",
}
READ = {
    "build @.snn": "read",
    "build --check @.snn": "read",
    "check @.snn": "read",
    "check @.yaml": "read",
    "check --fix @.snn": "read",
    "check --format sarif @.snn": "read",
    "convert @.snn": "read",
    "diff @.snn small.snn": "read",
    "diff small.snn @.snn --format json": "read",
    "fit @.snn": "read",
    "fmt @.snn": "read",
    "report @.snn": "read",
    "weights @.safetensors": "read",
    "weights small.safetensors @.snn": "read",
    "weights @.safetensors --migrate small.snn small.snn -o n": "read",
    "weights small.safetensors --migrate @.snn small.snn -o n": "read",
    "import @.json": "read",
    "--device @.toml limits": "read",
    "--device @ check small.snn": "read",
    "explain @": "read",
    "@": "read",
    "build small.snn -o @": "written",
    "build --check small.snn -o @": "written",
    "build --dry-run small.snn -o @": "written",
    "convert small.snn -o @": "written",
    "init @": "written",
    "weights small.safetensors --migrate small.snn small.snn -o @": "written",
}
FILES = "--data data.npz --weights small.safetensors"
SLOW = {
    "import @.keras": "read",
    "import @.h5": "read",
    "import @": "read",
    f"evaluate @ {FILES}": "read",
    "evaluate models/small --data @.npz --weights small.safetensors": "read",
    "evaluate models/small --data @ --weights small.safetensors": "read",
    "evaluate models/small --data data.npz --weights @.safetensors": "read",
    f"evaluate models/small {FILES} --force -o @": "written",
}


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a spec, its package, weights and data."""
    made = tmp_path_factory.mktemp("made")
    (made / "small.snn").write_text(SMALL)
    save(made / "small.safetensors", SMALL, weights_of(SMALL))
    x, y = np.zeros((2, 8, 8, 1), np.float32), np.zeros(2, np.int64)
    np.savez(made / "data.npz", x=x, y=y)
    assert run("build", "small.snn", cwd=made).returncode == 0
    return made


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("command", READ)
def test_a_bad_path_is_told(command: str, what: str) -> None:
    judge(command, READ[command], what)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("command", SLOW)
def test_a_bad_path_is_told_by_what_loads_much(command: str, what: str) -> None:
    judge(command, SLOW[command], what)


def judge(command: str, use: str, what: str) -> None:
    words = []
    for word in command.split():
        if "@" in word:
            word = NAMES.get(what, "{}").format(word.replace("@", "bad"))
            BAD[what](word)
        words.append(word)
    done = run(*words)
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    assert told or done.returncode == 0
    assert told.replace("\n", "").isprintable()
    if command.endswith("--force -o @") and what == "full":
        assert "bad: No space left on device" in told
    if use == "read" and what != "no text":
        assert done.returncode in (1, 2)
    assert done.returncode in (0, 1, 2)
