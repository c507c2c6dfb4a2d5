"""Options that mean the same have one name, which a shell completes, in every verb."""

import re
from collections import defaultdict
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from snnc.cli import VERBS, command_of, snnc
from snnc.source import rule_pages
from tests.commands import run, run_python, run_shell
from tests.rules.checking import assert_accepted
from tests.support import ROOT

EXPECTED = Path(__file__).parent / "options.txt"
"""The verbs of each option; options with similar meanings are listed together."""


def options(verb: str) -> list[click.Option]:
    command = command_of(verb)
    return [option for option in command.params if isinstance(option, click.Option)]


def names(option: click.Option) -> str:
    return " ".join(option.opts)


def test_the_table_of_options() -> None:
    found = defaultdict(list)
    for verb in VERBS:
        for option in options(verb):
            found[names(option)].append(verb)
    lines = [f"{name}: {' '.join(verbs)}\n" for name, verbs in sorted(found.items())]
    assert_accepted(EXPECTED, "".join(lines))


def test_options_of_one_name_take_the_same() -> None:
    kinds = defaultdict(set)
    for verb in VERBS:
        for option in options(verb):
            kinds[names(option)].add((type(option.type), option.is_flag, option.nargs))
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {}


def test_formats_come_in_one_order_and_begin_with_text() -> None:
    order = ["text", "json", "csv", "markdown", "html", "github", "sarif"]
    forms = (o for verb in VERBS for o in options(verb) if names(o) == "--format")
    for form in forms:
        assert isinstance(form.type, click.Choice)
        assert list(form.type.choices) == [f for f in order if f in form.type.choices]
        assert form.default == "text"


def test_every_option_says_what_it_does_and_names_its_value_for_a_reader() -> None:
    for verb in VERBS:
        context = click.Context(command_of(verb))
        for option in options(verb):
            assert option.help, option.name
            shown = option.make_metavar(context)
            assert not shown or not re.match("INTEGER|FLOAT|TEXT", shown), option.name


@pytest.mark.parametrize(
    ("verb", "former", "now"),
    [
        ("convert", "--schema", "--modeline PATH"),
        ("report", "--plot", "--picture FILE"),
        ("evaluate", "--out", "-o, --output FILE"),
    ],
)
def test_a_former_name_works_and_is_not_shown(verb: str, former: str, now: str) -> None:
    shown = run(verb, "--help").stdout
    assert now in shown
    assert f"{former} " not in shown


@pytest.mark.slow
def test_nengo_dl_and_tensorflow_print_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nengo_dl")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    code = "from snnc.cli.options import quiet_tensorflow as quiet; quiet('nengo_dl')"
    done = run_python("-c", f"{code}; import nengo_dl, tensorflow")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


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
