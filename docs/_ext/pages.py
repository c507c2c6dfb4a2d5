"""Writes the pages of the reference from the code, before Sphinx reads them.

A page for each verb, each JSON output and each kind of statement; the Python interface
where the package has one. Lists of pages that grow are appended to their index.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import commands
import kinds
import schemas
from docutils import nodes
from sphinx.application import Sphinx

import snnc
from snnc.cli import VERBS, command_of
from snnc.editors.pygments import SnnLexer

DOCS = Path(__file__).parent.parent
LISTS = {
    "rules/index": ":hidden:\n:glob:\n\nSNN*",
    "decisions/index": ":glob:\n\n[0-9]*",
}
"""What stands in an index, hidden where the page has a list of its own."""


def write(app: Sphinx) -> None:
    """Write every page; those that stay the same keep their time."""
    pages = {**_commands(), **_schemas(), **kinds.pages(DOCS / "examples")}
    pages["api"] = _python()
    for name, text in pages.items():
        path = DOCS / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _commands() -> dict[str, str]:
    found: dict[str, click.Command] = {verb: command_of(verb) for verb in VERBS}
    pages = {f"commands/{verb}": commands.page(verb, c) for verb, c in found.items()}
    return {**pages, "commands/index": commands.index(VERBS)}


def _schemas() -> dict[str, str]:
    paths = sorted((DOCS / "schemas").glob("*.schema.json"))
    texts = {path.name.split(".")[0]: json.loads(path.read_text()) for path in paths}
    pages = {f"json/{name}": schemas.page(schema) for name, schema in texts.items()}
    return {**pages, "json/index": schemas.index(DOCS / "schemas/README.md")}


def _python() -> str:
    names: Iterator[str] = (n for n in getattr(snnc, "__all__", ()) if n[0] != "_")
    parts = [(DOCS / "_ext/api.md").read_text(encoding="utf-8").strip()]
    for name in names:
        found: Any = getattr(snnc, name)
        kind = "autoclass" if isinstance(found, type) else "autofunction"
        options = "\n   :members:" if kind == "autoclass" else ""
        if isinstance(found, type) or callable(found):
            parts.append(f"```{{eval-rst}}\n.. {kind}:: snnc.{name}{options}\n```")
    return "\n\n".join(parts) + "\n"


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """Colour specs, and append what an index can't list by itself."""
    text = re.sub(r"^```\n(?=snn \d)", "```snn\n", source[0], flags=re.MULTILINE)
    text = re.sub(r"^```\n(?=snn: \d)", "```yaml\n", text, flags=re.MULTILINE)
    text = re.sub(r"`(docs/[\w/-]+\.md)`", _linked, text)
    if page == "index":
        text = "".join(filter(_leads_somewhere, text.splitlines(keepends=True)))
    if page in LISTS:
        text += f"\n```{{toctree}}\n{LISTS[page]}\n```\n"
    source[0] = text


def _linked(path: re.Match[str]) -> str:
    """Return the path of a page as a link to it; others stay as they are."""
    name = path[1].removeprefix("docs/")
    return f"[{path[0]}](/{name})" if (DOCS / name).exists() else path[0]


def _leads_somewhere(line: str) -> bool:
    """Whether a line of a toctree keeps no place for pages that are not there yet."""
    return not re.fullmatch(r"[\w/-]+\*\n", line) or any(
        DOCS.glob(line.strip() + ".md")
    )


def escape(*arguments: Any) -> None:
    """Keep the star of a shape, ``(examples, *input shape)``, from being emphasis."""
    lines: list[str] = arguments[-1]
    lines[:] = [re.sub(r"(?<=, )\*(?=\w)", r"\\*", line) for line in lines]


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any
) -> None:
    """Give a page its first sentences as the description that searches show."""
    first = None if tree is None else next(tree.findall(nodes.paragraph), None)
    if first is not None:
        text = html.escape(" ".join(first.astext().split())[:160])
        context["metatags"] += f'<meta name="description" content="{text}">'


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", describe)
    app.connect("autodoc-process-docstring", escape, priority=400)
    app.add_lexer("snn", SnnLexer)
    app.connect("builder-inited", write)
    app.connect("source-read", read)
    return {"parallel_read_safe": True}
