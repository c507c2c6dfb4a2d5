"""The shell completes verbs, options, files and codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from snnc.cli import VERBS, snnc
from snnc.source import rule_pages
from tests.commands import run_shell
from tests.support import ROOT

# Do what bash does when TAB is pressed after the last word.
PRESS = """
printf '#!/bin/sh\\nexec "$PY" -m snnc "$@"\\n' > snnc
chmod +x snnc
PATH=.:$PATH
eval "$(snnc completion bash)"
compopt() { echo "$2"; }
COMP_WORDS=(snnc check --for)
COMP_CWORD=2
_snnc_completion snnc
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.slow
def test_bash_completes(tmp_path: Path) -> None:
    done = run_shell(PRESS, tmp_path)
    assert (done.stdout, done.stderr) == ("--format\n", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), sorted(VERBS)),
        (("che",), ["check"]),
        (("check", "--for"), ["--format"]),
        (("check", "--format", "s"), ["sarif"]),
        (("convert", "a.snn", "--to", ""), ["yaml", "snn"]),
        (("check", "specs/dr"), ["file"]),
        (("build", "a.snn", "-o", ""), ["dir"]),
        (("report", ""), ["file"]),
        (("explain", "SNN21"), [c for c in rule_pages() if c.startswith("SNN21")]),
        (("explain", "snn130"), ["SNN130"]),
    ],
    ids=" ".join,
)
def test_words_are_completed(words: tuple[str, ...], expected: list[str]) -> None:
    shell = BashComplete(snnc, {}, "snnc", "_SNNC_COMPLETE")
    found = shell.get_completions([*words[:-1]], words[-1])
    told = [item.value if item.type == "plain" else item.type for item in found]
    assert sorted(told) == sorted(expected)


def test_the_page_of_all_verbs_tells_how() -> None:
    page = (ROOT / "docs/_ext/commands.md").read_text(encoding="utf-8")
    assert 'eval "$(snnc completion bash)"' in page
