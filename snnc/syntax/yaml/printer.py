"""The one true layout of a YAML spec.

Two blanks a level. A mapping stands on its key's line, in braces, if the line then
has at most 100 columns and no comment belongs inside; else each of its keys has a
line of its own. Comments stay with what they stood beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.syntax import tree
from snnc.syntax.yaml.entries import Entry, entries_of
from snnc.syntax.yaml.remarks import Remarks

WIDTH = 100
_INDENT = "  "


def print_yaml(document: tree.Document) -> str:
    """Write a spec that has no syntax error, from either notation, as YAML text.

    Raises
    ------
    ValueError
        If the document has no edition, no network or a broken statement: a file
        that can't be read can't be written anew.
    """
    broken = any(statement.broken for statement in document.statements)
    if document.edition is None or document.network is None or broken:
        raise ValueError("a spec with syntax errors can't be written anew")
    entries = tuple(entries_of(document))
    remarks = Remarks(document.comments, entries)
    lines = [*_block(entries, 0, remarks), *(f"# {c}".rstrip() for c in remarks.foot)]
    return "\n".join(lines) + "\n"


def _block(entries: Sequence[Entry], depth: int, remarks: Remarks) -> Iterator[str]:
    for entry in entries:
        yield from _lines(entry, depth, "", remarks)


def _lines(entry: Entry, depth: int, dash: str, remarks: Remarks) -> Iterator[str]:
    """Write an entry, behind a dash if it is a list's item."""
    indent = _INDENT * depth
    yield from (f"{indent}{_marked(c)}" for c in remarks.above(entry))
    beside = "".join(f"  {_marked(c)}" for c in remarks.beside(entry))
    flat = f"{indent}{dash}{entry.flat}"
    is_flat = entry.inner is None or (
        not _is_layers(entry) and len(flat) <= WIDTH and not remarks.inside(entry)
    )
    if is_flat or not entry.inner:
        yield flat + beside
        return
    if entry.key:
        yield f"{indent}{dash}{entry.key}:{beside}"
    deeper = depth + (2 if dash and entry.key else 1)
    for index, inner in enumerate(entry.inner):
        mark = "- " if entry.is_list else ""
        first = dash if not entry.key and index == 0 and not mark else ""
        at = depth if first else deeper
        yield from _lines(inner, at, mark or first, remarks)
    yield from (f"{_INDENT * deeper}{_marked(c)}" for c in remarks.below(entry))


def _is_layers(entry: Entry) -> bool:
    """Whether it is `layers` or the list of `defaults`, which are never on one line."""
    return entry.is_list and entry.key in ("layers", "defaults")


def _marked(text: str) -> str:
    return f"# {text}" if text and not text.startswith("#") else f"#{text}"
