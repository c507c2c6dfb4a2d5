"""What may be written at a place of a YAML text that is half written.

A word is put in at the cursor, and what is then above it tells: of the file only the
key that the cursor is below, and of the layers the last one, have to be YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from snnc.diagnostics import Report
from snnc.language.fields import keys_of, parts_of
from snnc.language.forms import settings_of
from snnc.language.keywords import VARIANTS
from snnc.language_server.marks import REFERRING, model_of_choice
from snnc.language_server.place import CursorPlace, statement_of, takes
from snnc.source import SourceFile
from snnc.syntax.yaml.compose import Composer
from snnc.syntax.yaml.nodes import Mapping, Node, Scalar, Sequence

_TOP = re.compile(r"^[\"']?\w+[\"']?[ \t]*:")
_ITEM = re.compile(r"^([ \t]*)-(?:[ \t]|$)")
_MARK = "here__"
_CLOSERS = {"{": "}", "[": "]"}


def place_behind(before: str) -> CursorPlace | None:
    """What begins behind a text; None where that can't be told."""
    chunk = _chunk(before)
    closers = "".join(reversed(list(_open(chunk))))
    # The word may be a key or a value: the text is YAML with one of them.
    for mark in (f"{_MARK}: 0", _MARK):
        text = SourceFile("chunk.yaml", f"{chunk}{mark}{closers}\n")
        report = Report()
        root = Composer(text, report).compose()
        if root is None or report.errors:
            continue
        path = _path(root)
        if path is not None:
            return _of_path(*path)
    return None


def _chunk(before: str) -> str:
    """The key of the file that the cursor is below, and of its layers the last one."""
    lines = before.split("\n")
    top = next((i for i in range(len(lines))[::-1] if _TOP.match(lines[i])), None)
    if top is None or (top < len(lines) - 1 and lines[-1] == ""):
        return lines[-1]
    items = [i for i in range(top + 1, len(lines)) if _ITEM.match(lines[i])]
    if lines[top].startswith("layers") and items:
        depth = len(lines[items[0]]) - len(lines[items[0]].lstrip())
        own = [i for i in items if lines[i][:depth].isspace() or not depth]
        own = [i for i in own if lines[i][depth : depth + 1] == "-"]
        return "\n".join([lines[top], *lines[own[-1] :]])
    return "\n".join(lines[top:])


def _open(chunk: str) -> Iterator[str]:
    """What closes the brackets that are open at the end."""
    stack: list[str] = []
    quote = ""
    for character in chunk:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _CLOSERS:
            stack.append(_CLOSERS[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return iter(stack)


Path = tuple[tuple[str, ...], bool, tuple[str, ...]]
"""The keys above the cursor, whether it is at a key, and the keys beside it."""


def _path(node: Node, above: tuple[str, ...] = ()) -> Path | None:
    match node:
        case Scalar(text=text):
            return (above, False, ()) if text.startswith(_MARK) else None
        case Sequence(items=items):
            inner = (_path(item, above) for item in items)
            return next((path for path in inner if path is not None), None)
        case Mapping(pairs=pairs):
            beside = tuple(key.text for key, _ in pairs if key.text != _MARK)
            for key, value in pairs:
                if key.text == _MARK:
                    return above, True, beside
                if (path := _path(value, (*above, key.text))) is not None:
                    return path
    return None


def _of_path(
    above: tuple[str, ...], at_key: bool, beside: tuple[str, ...]
) -> CursorPlace:
    """What a place below some keys of a YAML file is."""
    if not above:
        return CursorPlace("header")
    if above == ("layers",):
        return CursorPlace("statement")
    kind, *rest = above[1:] if above[0] == "layers" else above
    variants = VARIANTS.get(kind, ())
    if variants and not rest and kind != "defaults":
        return CursorPlace("variant", kind=kind)
    variant = rest.pop(0) if rest and rest[0] in variants else ""
    model, legal = takes(statement_of(kind, variant))
    while len(rest) > 1:  # a choice with settings: optimizer, adam, learning_rate
        key, word, *rest = rest
        model, legal = model_of_choice(key, word), settings_of(word)
    place = CursorPlace("key", kind, variant, model)
    if not rest and at_key:
        parts = [part.key for part in parts_of(model).values()] if model else []
        scopes = variants if kind == "defaults" and not variant else ()
        names = (*parts, *legal, *scopes)
        return replace(place, legal=tuple(key for key in names if key not in beside))
    if not rest:
        return replace(place, where="value")
    referring = rest[0] in ("from", REFERRING)
    has = model is not None and rest[0] in keys_of(model)
    return CursorPlace(
        "reference" if referring else "value", kind, variant, model if has else None,
        (), rest[0],
    )  # fmt: skip
