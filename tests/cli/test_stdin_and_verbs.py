"""A spec from stdin, and verbs that do not exist."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from snnc.cli import snnc
from snnc.cli.verbs import VERBS
from snnc.source.small import LARGEST
from tests.support import ROOT

GOOD = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(snnc, arguments, input=stdin, standalone_mode=False)


def test_a_good_spec_from_stdin_is_ok() -> None:
    done = run("check", "-", stdin=GOOD)
    assert done.return_value == 0
    assert done.stderr.startswith("<stdin>: ok (")


def test_problems_of_stdin_are_placed_in_it() -> None:
    done = run("check", "-", stdin=GOOD.replace("units 64", "unit 64"))
    assert done.return_value == 1
    assert " --> <stdin>:14:14\n" in done.stderr


@pytest.mark.parametrize(
    ("data", "code"), [(b"snn 1 # \xff", "SNN703"), (b"#" * (LARGEST + 1), "SNN704")]
)
def test_stdin_that_is_no_spec_is_a_diagnostic(data: bytes, code: str) -> None:
    done = run("check", "-", stdin=data)
    assert done.return_value == 1
    assert f"error[{code}]" in done.stderr
    assert " --> <stdin>" in done.stderr


@pytest.mark.parametrize("data", [b"\x7fELF\0\x1b[31m\xff\x07", b"\0\x1b[2J\x07\0"])
def test_a_binary_file_is_one_diagnostic_in_printable_text(data: bytes) -> None:
    done = run("check", "-", stdin=data)
    assert done.stderr.endswith("\n1 error\n")
    assert all(c.isprintable() for c in done.stderr.replace("\n", ""))


def test_stdin_can_not_be_mended() -> None:
    done = CliRunner().invoke(snnc, ["check", "--fix", "-"], input=GOOD)
    assert done.exit_code == 2
    assert "--fix can't mend stdin: name a file" in done.stderr


def test_an_unknown_verb_names_the_nearest_and_all() -> None:
    done = CliRunner().invoke(snnc, ["chek", "a.snn"])
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "There is no verb chek. Did you mean check?" in told
    assert f"The verbs are {', '.join(VERBS)}." in told


def test_a_verb_like_no_other_is_not_guessed() -> None:
    done = CliRunner().invoke(snnc, ["xyz"])
    assert done.exit_code == 2
    assert "Did you mean" not in done.stderr


def test_the_page_of_unknown_statements_lists_the_known_ones() -> None:
    from snnc.language.keywords import KINDS

    page = run("explain", "SNN200").stdout
    assert all(f"`{kind}`" in page for kind in KINDS)
