"""Make the page of a JSON output from its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snnc.text.tables import code, prose, table

Schema = dict[str, Any]


def page(schema: Schema) -> str:
    """Return the page of an output as Markdown: its keys by path."""
    rows = [
        (code(path), kind, prose(about)) for path, kind, about in _keys(schema, schema)
    ]
    listed = "\n".join(table(("key", "type", "meaning"), rows))
    return f"# {schema['title']}\n\n{prose(schema['description'])}\n\n{listed}\n"


def index(readme: Path) -> str:
    """Return the index of the JSON outputs."""
    text = readme.read_text(encoding="utf-8")
    text = re.sub(r"\]\((\w+)\.schema\.json\)", r"](\1.md)", text)
    return f"{text}\n```{{toctree}}\n:hidden:\n:glob:\n\n*\n```\n"


def _keys(part: Schema, schema: Schema, path: str = "") -> Iterator[tuple[str, ...]]:
    for name, found in part.get("properties", {}).items():
        value = _resolved(found, schema)
        about = found.get("description", value.get("description", ""))
        inner = f"{path}.{name}" if path else name
        yield inner, _kind(value), about
        yield from _inside(value, schema, inner)


def _inside(part: Schema, schema: Schema, path: str) -> Iterator[tuple[str, ...]]:
    if "items" in part and isinstance(part["items"], dict):
        yield from _inside(_resolved(part["items"], schema), schema, f"{path}[]")
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        yield from _inside(_resolved(choice, schema), schema, path)
    if path.count(".") < 6:  # a schema may refer to itself
        yield from _keys(part, schema, path)


def _resolved(part: Schema, schema: Schema) -> Schema:
    if "$ref" not in part:
        return part
    found: Schema = schema["definitions"][part["$ref"].rpartition("/")[2]]
    return found


def _kind(part: Schema) -> str:
    if "const" in part:
        return code(str(part["const"]))
    if "enum" in part:
        return ", ".join(code(str(value)) for value in part["enum"])
    kind = part.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else kind
