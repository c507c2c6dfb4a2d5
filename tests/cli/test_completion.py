"""The shell completes verbs, options, files and codes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from snnc.cli import VERBS
from snnc.source import rule_pages
from tests.support import ROOT

# Do what bash does when TAB is pressed after the last word.
PRESS = """
eval "$(_SNNC_COMPLETE=bash_source snnc)"
compopt() {{ echo "$2"; }}
COMP_WORDS=({words})
COMP_CWORD={last}
_snnc_completion snnc
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a search path on which `snnc` is this checkout."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "snnc"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m snnc "$@"\n')
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def completions(path: str, *words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in words)
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS.format(words=quoted, last=len(words) - 1)],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), sorted(VERBS)),
        (("che",), ["check"]),
        (("check", "--for"), ["--format"]),
        (("check", "--format", "s"), ["sarif"]),
        (("convert", "a.snn", "--to", ""), ["yaml", "snn"]),
        (("check", "specs/dr"), ["default"]),
        (("build", "a.snn", "-o", ""), ["dirnames"]),
        (("report", ""), ["default"]),
        (("explain", "SNN21"), [c for c in rule_pages() if c.startswith("SNN21")]),
        (("explain", "snn130"), ["SNN130"]),
    ],
    ids=" ".join,
)
def test_bash_completes(path: str, words: tuple[str, ...], expected: list[str]) -> None:
    assert sorted(completions(path, "snnc", *words)) == sorted(expected)


def test_the_page_of_all_verbs_tells_how() -> None:
    page = (ROOT / "docs/_ext/commands.md").read_text(encoding="utf-8")
    assert 'eval "$(snnc completion bash)"' in page
