"""The command line as a user types it: exit status, stdout and stderr."""

from pathlib import Path

import pytest

from snnc.emit.files import OPTIONAL
from tests.cli.builds import SPEC
from tests.commands import run, run_python
from tests.support import ROOT, SPECS


def test_check_is_silent_on_stdout_and_says_ok() -> None:
    done = run_python("-m", "snnc", "check", *SPECS)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count(": ok (") == len(SPECS)


def test_build_writes_a_package_and_its_lock(tmp_path: Path) -> None:
    (tmp_path / "net.snn").write_text(SPEC)
    done = run("build", "net.snn", "-v", "-o", "models", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    package = tmp_path / "models/net"
    written = sorted(path for path in package.rglob("*") if path.is_file())
    whole = ROOT / "snnc/runtime"
    learning = {whole / name for name in OPTIONAL["learning"]}
    library = sorted(set(whole.rglob("*.py")) - learning)
    assert [path.name for path in written if path.parent == package] == [
        "__init__.py", "board.py", "evaluate.py", "keras_model.py", "layout.py",
        "nengo_network.py", "network.py", "predict.py", "py.typed", "snnc.lock",
        "train.py",
    ]  # fmt: skip
    assert [
        (path.relative_to(package / "_runtime"), path.read_bytes())
        for path in written
        if path.parent != package
    ] == [
        (path.relative_to(ROOT / "snnc/runtime"), path.read_bytes()) for path in library
    ]
    told = [path.relative_to(tmp_path).as_posix() for path in written]
    assert sorted(done.stdout.split()) == told


def test_import_is_light() -> None:
    heavy = (
        *("tensorflow", "keras", "nengo", "nengo_dl", "nengo_loihi", "numpy"),
        *("jinja2", "pydantic", "pygments", "ruamel"),
    )
    code = (
        "import sys, snnc, snnc.cli, snnc.cli.check, snnc.passes\n"
        "from pathlib import Path\n"
        "from snnc.cli import main\n"
        f"assert main(['check', {str(SPECS[0])!r}]) == 0\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = run_python("-c", code)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("verb", ["report", "diff"])
def test_a_verb_imports_only_what_it_needs(verb: str) -> None:
    needless = ("jinja2", "snnc.fitting", "snnc.interface", "snnc.views.html")
    specs = [str(SPECS[0])] * (2 if verb == "diff" else 1)
    code = (
        "import sys\n"
        "from snnc.cli import main\n"
        f"assert main([{verb!r}, *{specs!r}, '--format', 'markdown']) == 0\n"
        f"print([name for name in {needless!r} if name in sys.modules])"
    )
    done = run_python("-c", code)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr
