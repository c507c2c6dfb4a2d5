"""Generated code is what formatters, linters and type checkers want of it."""

import importlib.util
import re
import shutil
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from snnc.emit.files import LIBRARY
from tests.agreement.networks import text
from tests.commands import run_python
from tests.emit.networks import NETWORKS, long_names
from tests.emit.packages import write
from tests.support import SPECS, network, sound, write_modules

CHIPS = Path(__file__).parents[1] / "report" / "specs" / "chips.snn"
LENGTHS = ("79", "88", "100", "120")
# zip(strict) is not in Python 3.8.
RULES = ("--select", "I,UP,B,D,E,F", "--ignore", "B905")
DOCSTRINGS = 'lint.pydocstyle.convention = "{}"'
TARGETS = {"chip": "loihi { chips 2 }", "plain": "nengo"}

# The packages are written once, in one process.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("style")]


def long_words(kind: str, shape: str, target: str) -> str:
    """Return a spec with long names and numbers."""
    names = {letter: letter * 40 for letter in "iabpdr"}
    i, a, b, p, d, r = names.values()
    return network(
        f"""
        target {target}
        input {i} {shape} in -1.2345678901..2.3456789012 as -0.1234567..0.33333333
        encode rate {"e" * 40}
        {kind} {a} {{ filters 4, padding same, neuron lif }}
        avgpool {p} {{ window 2 }}
        {kind} {b} {{ filters 4, kernel 2, place host }}
        dense {d} {{ units 6, place host }}
        readout {r} {{ units 3 }}
        """,
        "n" * 40,
    )


def specs() -> Iterator[tuple[str, str]]:
    for path in (CHIPS, *SPECS):
        yield path.stem, path.read_text(encoding="utf-8")
    for name, target in TARGETS.items():
        yield f"{name}_joins", text("joins", "lif", target)
        yield f"{name}_flat", long_words("conv2d", "8x8x2", target)
        yield f"{name}_deep", long_words("conv3d", "4x8x8x2", target)
    for body in ("hosted3d", "residual3d"):
        yield body, text(body, "lif", TARGETS["chip"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of packages: hand-made networks and specs."""
    made = tmp_path_factory.mktemp("packages")
    for built in (*NETWORKS.values(), long_names()):
        write(built, made)
    for name, spec in specs():
        write_modules(sound(spec, "emit"), made / name)
    return made


@pytest.fixture(scope="module")
def typed_package(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Join the packages into one with a shared library, to check its types once."""
    made = tmp_path_factory.mktemp("typed") / "made"
    first, *_ = packages_of(folder)
    shutil.copytree(folder / first, made)
    for name in packages_of(folder):
        (made / name).mkdir()
        for path in (folder / name).glob("*.py"):
            text = path.read_text(encoding="utf-8")
            (made / name / path.name).write_text(
                text.replace(f" .{LIBRARY}", f" ..{LIBRARY}"), encoding="utf-8"
            )
    return made.parent


def check(folder: Path, *command: str) -> None:
    done = run_python("-m", *command, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("length", LENGTHS)
def test_ruff_leaves_it_unchanged(folder: Path, length: str) -> None:
    command = "ruff", "format", "--isolated", "--diff", "--line-length", length
    check(folder, *command, *files_of(folder))


@pytest.mark.parametrize("length", [LENGTHS[0], LENGTHS[-1]])  # it takes seconds
def test_black_leaves_it_unchanged(folder: Path, length: str) -> None:
    command = "black", "--quiet", "--diff", "--check", "--line-length", length
    check(folder, *command, *files_of(folder))


@pytest.mark.parametrize(
    "options",
    [
        (),
        RULES,
        (*RULES, "--config", DOCSTRINGS.format("numpy")),
        (*RULES, "--config", DOCSTRINGS.format("google")),
    ],
    ids=["default", "plain", "numpy", "google"],
)
def test_ruff_finds_nothing(folder: Path, options: tuple[str, ...]) -> None:
    check(folder, "ruff", "check", "--isolated", *options)


def test_modules_of_a_network_need_no_pragma(folder: Path) -> None:
    for path in folder.glob("*/*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search("# (mypy|noqa|ruff|type):?", text), path


def test_mypy_finds_nothing(typed_package: Path) -> None:
    check(typed_package, "mypy", "--strict", "made")


def test_mypy_finds_nothing_where_no_framework_is_installed(
    typed_package: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path, symlinks=True)
    (site,) = tmp_path.glob("lib/python*/site-packages")
    for name in ("numpy", "safetensors"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        (site / name).symlink_to(Path(spec.origin).parent)
    python = ("--python-executable", str(tmp_path / "bin" / "python"))
    options = ("--strict", "--cache-dir", str(tmp_path / "cache"))
    check(typed_package, "mypy", *options, *python, "made")


def test_no_line_names_the_compiler_but_the_header(folder: Path) -> None:
    for path in folder.glob("*/*.py"):
        body = path.read_text(encoding="utf-8").split("\n", 2)[2]
        assert "snnc" not in body, path


def packages_of(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/__init__.py"))


def files_of(folder: Path) -> list[str]:
    """Return the files of all packages, with one copy of the library."""
    copy, *_ = sorted(folder.glob(f"*/{LIBRARY}"))
    return sorted(map(str, (*folder.glob("*/*.py"), *copy.rglob("*.py"))))
