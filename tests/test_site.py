"""The documentation site: a page for everything, and no link that leads nowhere."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import VERBS, command_of
from snnc.language.keywords import kinds
from snnc.source import DOCUMENTATION
from snnc.syntax.files import format_document
from tests.commands import run_python
from tests.support import ROOT, codes, sound
from tests.test_extras import PROJECT

DOCS = ROOT / "docs"
GENERATED = ("commands", "json", "layers", "_build", "api.md", "playground")
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[\w-]+)?\)")
KINDS = [*kinds("encoder", "layer"), "readout"]


@pytest.fixture
def ext(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that imports a module of the site."""
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    return importlib.import_module


def test_each_verb_has_a_page_with_all_of_its_options(ext: Any) -> None:
    for verb in VERBS:
        command = command_of(verb)
        page = ext("commands").page(verb, command)
        assert page.startswith(f"# snnc {verb}\n")
        assert "Sentinel" not in page
        options = [name for p in command.params for name in p.opts if "--" in name]
        assert [n for n in options if n not in page] == []
        assert f"({verb}.md)" in ext("commands").index(VERBS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_layer_has_a_page_with_a_network_of_it(
    kind: str, ext: Any
) -> None:
    page = ext("kinds").page(kind, DOCS / "examples")
    assert "| property | default | meaning |" in page or "no properties" in page
    assert "## Example" in page
    text = (DOCS / "examples" / f"{kind}.snn").read_text(encoding="utf-8")
    assert codes(text) == []
    assert format_document(sound(text, "parse")) == text
    assert re.search(rf"^  {kind}\b", text, re.MULTILINE)


def test_every_key_of_a_json_output_is_on_its_page(ext: Any) -> None:
    import json

    for path in (DOCS / "schemas").glob("*.schema.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        page = ext("schemas").page(schema)
        keys = set(re.findall(r"`(?:[\w\[\].]*\.)?(\w+)`", page))
        assert set(schema["properties"]) <= keys


def pages() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.glob("*.md"))
    inside = (path.relative_to(ROOT) for path in DOCS.rglob("*.md"))
    return [
        *found,
        *(path for path in inside if path.parts[1] not in (*GENERATED, "examples")),
    ]


def test_links_lead_somewhere() -> None:
    """Also on a code host, but for those to generated pages."""
    broken = []
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
            if re.match(r"\w+:", target):
                continue
            path = (ROOT / page.parent / target).resolve()
            first = path.relative_to(DOCS).parts[0] if DOCS in path.parents else ""
            if first not in GENERATED and not path.exists():
                broken.append(f"{page}: {target}")
    assert broken == []


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1))


def test_decisions_have_a_number_a_date_and_a_status() -> None:
    for path in (DOCS / "decisions").glob("[0-9]*.md"):
        title, _, status, *_ = path.read_text(encoding="utf-8").splitlines()
        assert title.startswith(f"# Decision {int(path.name[:3])}: ")
        assert re.match(r"(Accepted|Replaced) on \d{4}-\d\d-\d\d[.,]", status)


def test_the_citation_is_of_the_last_release() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    last = re.findall(r"^## (\d\S+)", changes, re.MULTILINE)[0]
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {last}\n" in text


def test_the_address_of_the_site_stands_in_one_place() -> None:
    assert PROJECT["project"]["urls"]["Documentation"] == DOCUMENTATION


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """As text, which takes a tenth of the time; `make docs` writes HTML."""
    pytest.importorskip("sphinx")
    options = ("-q", "-W", "--keep-going", "-b", "text", "-D", "playground=0")
    done = run_python("-m", "sphinx", *options, "docs", tmp_path, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    raw = re.compile(r"Sentinel|:::|\{(eval-rst|toctree|doc)\}|(?m:^\.\. \w+::)")
    pages = list(tmp_path.rglob("*.txt"))
    assert len(pages) > len(VERBS)
    for page in pages:
        assert not raw.search(page.read_text(encoding="utf-8")), page
