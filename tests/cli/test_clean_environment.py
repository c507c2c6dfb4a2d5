"""The compiler works alone: without NumPy, which only extras install.

The language server says what is missing: its libraries, or an editor.
"""

import shutil
from pathlib import Path

import pytest

from snnc.cli import VERBS
from snnc.emit.package import AXES
from snnc.runtime import layout
from tests.commands import run_python
from tests.support import ROOT

PROGRAM = """
import sys
from tests.support import hide_extras
hide_extras()
from snnc.cli import main
sys.exit(max(main(line.split()) for line in sys.argv[1:]))
"""


@pytest.fixture
def folder(here: Path) -> None:
    shutil.copy(ROOT / "specs/mnist.snn", "a.snn")
    Path("b.snn").write_text(
        Path("a.snn").read_text().replace("filters 8", "filters 9")
    )


LINES = (
    "check a.snn", "report a.snn --why", "report a.snn --format html",
    "build a.snn", "build a.snn --dry-run",
    "diff a.snn b.snn", "fit a.snn", "fmt a.snn", "convert a.snn --to yaml",
    "schema", "limits", "explain SNN301", "init new",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_verbs_need_none_of_the_extras() -> None:
    done = run_python("-c", PROGRAM, *LINES)
    assert done.returncode == 0, done.stderr


def test_the_help_of_every_verb_needs_none_of_the_extras() -> None:
    done = run_python("-c", PROGRAM, *(f"{verb} --help" for verb in VERBS))
    assert done.returncode == 0, done.stderr


OF_PACKAGE = "models/a --data a.npz --weights a.safetensors"


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_a_verb_names_the_extra_that_it_needs() -> None:
    for name in ("a.safetensors", "a.npz"):
        Path(name).touch()
    lines = (f"evaluate {OF_PACKAGE}", f"calibrate {OF_PACKAGE} -o b", "demo")
    done = run_python("-c", PROGRAM, "build a.snn", *lines)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "pip install" in line]
    assert len(told) == 3, done.stderr
    assert ".[all]" in told[2]
    assert "Traceback" not in done.stderr


def test_axes_have_the_names_of_the_library() -> None:
    assert {getattr(layout, name): name for name in AXES.values()} == AXES


WITHOUT = "import sys; sys.modules['{0}'] = None; from snnc.cli import main; "


@pytest.mark.slow
@pytest.mark.parametrize("library", ["lsprotocol", "pygls"])
def test_a_missing_library_is_told(library: str) -> None:
    done = run_python("-c", WITHOUT.format(library) + "sys.exit(main(['lsp']))")
    assert (done.returncode, done.stdout) == (1, "")
    assert " is not installed: `python -m pip install '.[lsp]'`" in done.stderr
    assert library in done.stderr


@pytest.mark.slow
def test_an_editor_that_goes_ends_the_server() -> None:
    done = run_python("-m", "snnc", "lsp", "--stdio")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
