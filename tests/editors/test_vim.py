"""Vim colours the words of the language."""

import shutil
import subprocess
from pathlib import Path

import pytest

from editors.vim_syntax import PATH, text
from tests.rules.checking import assert_accepted
from tests.support import ROOT

VIM = shutil.which("nvim") or shutil.which("vim")


def test_the_syntax_is_that_of_the_language() -> None:
    assert_accepted(PATH, text())


@pytest.mark.skipif(VIM is None, reason="neither Vim nor Neovim is installed")
def test_vim_reads_it(tmp_path: Path) -> None:
    assert VIM is not None
    places = {"snn": (1, 1), "conv": (10, 10), "filters": (10, 17), "2": (10, 25)}
    asked = "".join(
        f"call add(g:seen, synIDattr(synID({line}, {column}, 1), 'name'))\n"
        for line, column in places.values()
    )
    script = tmp_path / "seen.vim"
    end = f"call writefile(g:seen, '{tmp_path / 'seen'}')\nqall!\n"
    script.write_text(f"syntax on\nlet g:seen = []\n{asked}{end}")
    first = f"set runtimepath^={ROOT / 'editors/vim'}"
    quiet = ["--headless"] if VIM.endswith("nvim") else ["-es", "-N"]
    plain = ["--clean", "--cmd", first, "--cmd", "filetype plugin on"]
    spec = str(ROOT / "specs/drift.snn")
    subprocess.run(
        [VIM, *quiet, *plain, "-S", str(script), spec], check=True, timeout=60
    )
    seen = (tmp_path / "seen").read_text().split()
    assert seen == ["snnHeader", "snnValue", "snnKey", "snnNumber"]
