"""A spec from stdin, and verbs that do not exist."""

import pytest

from snnc.cli import VERBS
from snnc.source import LARGEST, rule_pages
from tests.commands import run
from tests.support import ROOT

GOOD = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "name"),
    [((), "<stdin>"), (("--stdin-filename", "specs/new.snn"), "specs/new.snn")],
)
def test_problems_of_stdin_are_placed_in_it(
    options: tuple[str, ...], name: str
) -> None:
    done = run("check", "-", *options, stdin=GOOD)
    assert done.returncode == 0
    assert done.stderr.startswith(f"{name}: ok (")
    done = run("check", "-", *options, stdin=GOOD.replace("units 64", "unit 64"))
    assert done.returncode == 1
    assert f" --> {name}:14:14\n" in done.stderr


@pytest.mark.parametrize(
    ("data", "code"), [(b"snn 1 # \xff", "SNN703"), (b"#" * (LARGEST + 1), "SNN704")]
)
def test_stdin_that_is_no_spec_is_a_diagnostic(data: bytes, code: str) -> None:
    done = run("check", "-", stdin=data)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    assert " --> <stdin>" in done.stderr


@pytest.mark.parametrize("data", [b"\x7fELF\0\x1b[31m\xff\x07", b"\0\x1b[2J\x07\0"])
def test_a_binary_file_is_one_diagnostic_in_printable_text(data: bytes) -> None:
    done = run("check", "-", stdin=data)
    assert done.stderr.endswith("\n1 error\n")
    assert all(c.isprintable() for c in done.stderr.replace("\n", ""))


YAML = (ROOT / "specs/drift.yaml").read_text(encoding="utf-8")
UGLY = GOOD.replace("units 64", "units   64")


@pytest.mark.parametrize("verb", ["check", "fmt", "report"])
def test_the_name_of_stdin_tells_its_notation(verb: str) -> None:
    assert run(verb, "-", stdin=YAML).returncode == 1
    named = run(verb, "-", "--stdin-filename", "a.yaml", stdin=YAML)
    assert named.returncode == 0, named.stderr
    done = run(verb, "specs/drift.snn", "--stdin-filename", "a.snn")
    assert done.returncode == 2
    assert "--stdin-filename needs - instead of a SPEC" in done.stderr


def test_a_formatted_buffer_goes_to_stdout_whether_it_differs_or_not() -> None:
    for text in (UGLY, GOOD, f"# \x1b[31mred\n{GOOD}"):
        done = run("fmt", "-", stdin=text)
        wanted = text.replace(UGLY, GOOD)
        assert (done.returncode, done.stdout, done.stderr) == (0, wanted, "")


def test_a_buffer_that_can_not_be_formatted_gives_no_text() -> None:
    done = run("fmt", "-", stdin=UGLY.replace("classes 8", "classes"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[SNN107]" in done.stderr


def test_a_buffer_is_compared_with_its_layout() -> None:
    done = run("fmt", "--check", "--diff", "-", stdin=UGLY)
    assert (done.returncode, done.stderr) == (1, "<stdin>: not formatted\n")
    assert done.stdout.startswith("--- <stdin>\n+++ <stdin> (formatted)\n@@")


def test_a_report_of_a_buffer_is_that_of_its_file() -> None:
    from_file = run("report", str(ROOT / "specs/drift.snn"), "--format", "json")
    assert run("report", "-", "--format", "json", stdin=GOOD).stdout == from_file.stdout


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (
            "chek a.snn",
            f"Unknown command chek. Did you mean check? The commands are"
            f" {', '.join(VERBS)}.",
        ),
        ("watch", "snnc build --watch SPECS"),
        ("lint", "Did you mean check?"),
        ("compile", "Did you mean build?"),
        ("help", "Did you mean --help?"),
        ("specs", "Put one before the file: snnc check specs."),
        ("xyz", "Unknown command xyz. The commands are"),
        ("explain SNN302x", "did you mean SNN302?"),
        (
            "explain kernel",
            "there is no code kernel; `snnc check` prints them, as in error[",
        ),
    ],
)
def test_an_unknown_word_names_what_was_meant(typed: str, hint: str) -> None:
    done = run(*typed.split(), cwd=ROOT)
    assert done.returncode == 2
    assert hint in " ".join(done.stderr.split())


def test_nothing_typed_prints_the_help_in_lines() -> None:
    done = run()
    assert done.returncode == 2
    lines = done.stderr.split("\n")
    assert lines[0] == "Usage: snnc [OPTIONS] COMMAND [ARGS]..."
    assert f"  check    {VERBS['check']}" in lines


@pytest.mark.parametrize(
    "typed", ["report --json a", "check --sarif a", "fit --markdown a"]
)
def test_a_format_typed_as_an_option_is_named(typed: str) -> None:
    done = run(*typed.split())
    form = typed.split()[1].removeprefix("--")
    assert done.returncode == 2
    assert f"Did you mean `--format {form}`?" in done.stderr
    assert "Did you mean `--format" not in run("lsp", typed.split()[1]).stderr


def test_explain_lists_all_codes_with_their_titles() -> None:
    lines = run("explain").stdout.splitlines()
    assert "SNN301: window larger than its input" in lines
    assert [line.partition(":")[0] for line in lines] == list(rule_pages())


def test_explain_prints_the_text_of_links() -> None:
    pages = {code: path.read_text("utf-8") for code, path in rule_pages().items()}
    code = next(code for code, page in pages.items() if "](" in page)
    assert "](" not in run("explain", code).stdout
