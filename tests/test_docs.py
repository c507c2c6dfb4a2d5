"""The documentation is right: its specs compile and print the outputs that it shows."""

import re
from pathlib import Path

import pytest

from tests.commands import run
from tests.support import ROOT, codes

SPEC = re.compile(r"```\n(snn \d\n.*?network (\w+).*?)```", re.DOTALL)

TEXTS = [
    pytest.param(text, id=f"{name}-{network}")
    for name in ("README.md", "docs/language.md")
    for text, network in SPEC.findall((ROOT / name).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_spec_of_the_documentation_is_sound(text: str) -> None:
    assert codes(text) == []


def test_the_readme_shows_the_spec_of_the_demo() -> None:
    spec = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    assert spec in (ROOT / "README.md").read_text(encoding="utf-8")


SETTINGS = ("--set", "c0.filters=8,16,24", "--set", "timing.present=40,60")


@pytest.mark.parametrize(
    ("page", "arguments"),
    [
        ("report", ("report", "specs/drift.snn")),
        ("fit-a-chip", ("fit", "specs/drift.snn", "--cores", "4")),
        ("sweep", ("sweep", "specs/drift.snn", *SETTINGS)),
    ],
    ids=["report", "fit", "sweep"],
)
def test_a_page_shows_what_a_command_prints(
    page: str, arguments: tuple[str, ...]
) -> None:
    text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
    assert f"```\n{run(*arguments, cwd=ROOT).stdout}```" in text


def test_the_page_of_max_pools_shows_what_report_prints() -> None:
    done = run("report", "docs/examples/maxpool.snn", cwd=ROOT)
    lines = done.stdout.splitlines()
    text = (ROOT / "docs/max-pooling.md").read_text(encoding="utf-8")
    shown = [line for line in text.splitlines() if line.startswith("p0")]
    assert len(shown) == 2
    assert [line for line in shown if line not in lines] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_error_of_the_readme_is_what_check_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    spec = spec.replace("c0 { filters 8", "c0 { filters 512")
    Path("drift.snn").write_text(spec, encoding="utf-8")
    printed = run("check", "drift.snn").stderr.splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("error[SNN406]")
    shown = readme[start : readme.index("```", start)].splitlines()
    assert "help: write `filters 360`" in shown[-1]
    assert [line for line in shown if line not in printed] == []


def test_a_page_shows_what_diff_prints(tmp_path: Path) -> None:
    old = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    (tmp_path / "old.snn").write_text(old, encoding="utf-8")
    (tmp_path / "drift.snn").write_text(old.replace("20..250", "20..300"), "utf-8")
    printed = run("diff", "old.snn", "drift.snn", cwd=tmp_path).stdout
    shown = printed.split("\n", 1)[1]
    assert shown in (ROOT / "docs/workflow.md").read_text(encoding="utf-8")


def test_the_words_of_the_glossary_stand_where_it_says() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    cells = [row.rsplit("|", 2)[1] for row in text.splitlines() if row.startswith("|")]
    places = [place for cell in cells[2:] for place in re.findall(r"`([^`]+)`", cell)]
    assert len(places) > 30
    assert [place for place in places if not (ROOT / "snnc" / place).exists()] == []


def test_the_guide_for_contributors_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:snnc|tests|tools)/[\w./]+)`", text)
    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists()] == []
