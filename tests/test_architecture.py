"""The page on the architecture names files that exist, and values that are right."""

import re

import pytest

from benchmarks.walks import SPEC
from snnc.passes import PIPELINE
from tests.support import ROOT, sound

PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
LINKS = sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE)))


@pytest.mark.parametrize("link", LINKS)
def test_what_the_page_links_to_exists(link: str) -> None:
    assert (ROOT / "docs" / link).is_file()


def test_the_folders_exist() -> None:
    _, _, table = PAGE.partition("| folders |")
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    folders = re.findall(r"`(\w+)`", " ".join(cells))
    assert len(folders) > 15
    assert [name for name in folders if not (ROOT / "snnc" / name).is_dir()] == []


def test_the_table_lists_the_passes_in_order() -> None:
    rows = re.findall(r"^\| (\w+) \|", PAGE, re.MULTILINE)
    names = [step.name for step in PIPELINE]
    assert [row for row in rows if row in names] == names


def test_the_example_is_compiled_as_the_page_shows() -> None:
    assert f"```\n{SPEC}```" in PAGE
    bodies = {module.path: module.text for module in sound(SPEC, "emit")}
    layer = re.search(r'^    "c0": Layer\(.*?\n    \),\n', PAGE, re.S | re.M)
    assert layer is not None
    assert layer[0] in bodies["network.py"]
    line = re.search(r"^    c0 = build.*", PAGE, re.M)
    assert line is not None
    assert line[0] in bodies["nengo_network.py"]
