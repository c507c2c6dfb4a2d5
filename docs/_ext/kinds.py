"""The page of a kind of statement, from the table of the language and an example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.language.editions import NEWEST
from snnc.language.keywords import (
    FORMS,
    MODELS,
    default,
    keys_of,
    kinds,
    older_defaults,
)
from snnc.language.layers import SpikingSpec
from snnc.language.models import Model, fields_of, is_required
from snnc.passes.route import route
from snnc.syntax.files import print_document
from snnc.text.tables import code, prose, table
from snnc.verbs.report.summary import report_of


def pages(examples: Path) -> dict[str, str]:
    """Return a page for each kind of layer, and their index, by their names."""
    found = [*kinds("encoder", "layer"), "readout"]
    made = {f"layers/{kind}": page(kind, examples) for kind in found}
    rows = [(f"[`{kind}`]({kind}.md)", prose(FORMS[kind].about)) for kind in found]
    listed = "\n".join(table(("kind", "description"), rows))
    toctree = "```{toctree}\n:hidden:\n\n" + "\n".join(found) + "\n```"
    index = f"# Layers\n\n{COMMON}\n\n{listed}\n\n{toctree}\n"
    return {**made, "layers/index": index}


COMMON = """\
The [language reference](../language.md) describes the syntax of statements. Each page
shows a complete network that uses the layer, and the report of this network."""


def page(kind: str, examples: Path) -> str:
    """Return a kind's description, properties, and an example with its report."""
    parts = [f"# {kind}"]
    variants = MODELS.get(kind, {})
    for variant, model in variants.items():
        about = model.variant.about if model.variant else FORMS[kind].about
        parts += [f"## {kind} {variant}"] * bool(variant)
        parts += [prose(about), _properties(model)]
    notes = examples / f"{kind}.md"
    if notes.exists():
        parts.append(notes.read_text(encoding="utf-8").strip())
    example = examples / f"{kind}.snn"
    if example.exists():
        parts += ["## Example", *_example(example)]
    return "\n\n".join(parts) + "\n"


def _properties(model: type[Model]) -> str:
    rows = list(_rows(model))
    head = ("property", "default", "meaning")
    return "\n".join(table(head, rows)) if rows else "It has no properties."


def _rows(model: type[Model]) -> Iterator[tuple[str, str, str]]:
    for key, entry in sorted(keys_of(model).items(), key=_is_shared):
        field = fields_of(model)[key]
        shown = "required" if is_required(field) else prose(default(field, NEWEST))
        older = older_defaults(field)
        shown = f"{shown} ({older})" if older else shown
        yield code(key), shown, prose(f"{entry.about}.")


def _is_shared(item: tuple[str, object]) -> bool:
    """Whether every spiking layer has the property, which is then listed last."""
    return item[0] in fields_of(SpikingSpec)


def _example(path: Path) -> Iterator[str]:
    problems = Diagnostics()
    made = compile_file(path, problems, "place")
    if problems.diagnostics or made is None or made.mapped is None:
        raise ValueError(f"{path} has errors: run `snnc check`")
    assert made.document is not None
    yield f"```snn\n{path.read_text(encoding='utf-8')}```"
    yield "The same network in YAML:"
    yield f"```yaml\n{print_document(made.document, 'yaml')}```"
    yield f"`snnc report {path.name}` prints:"
    yield f"```\n{report_of(route(made.mapped)).text()}\n```"
