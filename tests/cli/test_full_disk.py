"""With no room left, a file that is to be replaced stays as it was; everywhere."""

import ast
import re
from pathlib import Path

import pytest

from tests.cli.builds import SPEC
from tests.commands import run_shell
from tests.support import ROOT

MODEL = ROOT / "tests/importer/data/k3_chain.h5"
COMMANDS = {
    "out.yaml": "convert net.snn --force -o",
    "net.snn": "fmt",
    "bad.snn": "check --fix",
    "out.snn": f"import {MODEL} --force -o",
    "out.safetensors": f"import {MODEL} --force --weights-out",
}


@pytest.mark.slow
@pytest.mark.parametrize("target", COMMANDS)
def test_a_file_stays_where_there_is_no_room(tmp_path: Path, target: str) -> None:
    (tmp_path / target).write_text("mine\n")
    (tmp_path / "net.snn").write_text(SPEC.replace("conv2d a {", "conv2d   a {"))
    (tmp_path / "bad.snn").write_text(SPEC.replace("filters 4", "filtres 4"))
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    done = run_shell(f"ulimit -f 0; snnc {COMMANDS[target]} {target}", tmp_path)
    assert done.returncode == 1, done.stderr
    assert re.search(rf"{target}`? can't be written: File too large", done.stderr)
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


WRITES = {"write_text", "write_bytes", "save_file", "touch"}
TEMPORARY = {
    "cli/train.py",
    "verbs/evaluate/exact.py",
    "verbs/weights.py",
    "importer/files.py",
}
"""Modules that write to temporary folders or to nothing, so nothing is replaced."""


@pytest.mark.slow
def test_one_module_writes_files() -> None:
    modules = sorted((ROOT / "snnc").rglob("*.py"))
    writers = {
        path.relative_to(ROOT / "snnc").as_posix()
        for path in modules
        if any(map(_writes, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert writers - TEMPORARY == {"runtime/files.py"}


def _writes(node: ast.AST) -> bool:
    """Return whether a node is a call that replaces a file."""
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    texts = {a.value for a in node.args if isinstance(a, ast.Constant)}
    modes = {text for text in texts if re.fullmatch("[rwxbt+]{1,3}", str(text))}
    opens = name == "open" and any(set(str(mode)) & set("wx+") for mode in modes)
    return opens or name in WRITES
