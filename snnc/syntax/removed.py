"""Replace words that are no longer valid in `train`."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from snnc.diagnostics import Diagnostics, Fix
from snnc.language import tree
from snnc.language.scalars import flag
from snnc.language.written import write_list
from snnc.rules.misplaced import RemovedWord
from snnc.source import Span

_SUCCESSORS = {
    "aware": "the phase `spikes` trains on the network's own spikes instead",
    "fit_readout": "the phase `spikes` trains the readout too",
    "rate_weight": "the phases `scale` and `spikes` keep rates within `rate`",
}
"""Removed words, and their replacements."""
_QUOTES = ("'", '"')
_END_OF_LINE = re.compile(r"[ \t]*(?:,[ \t]*)?(?:\n|\Z)")
_COMMA_BEFORE = re.compile(r",[ \t]*\Z")
_COMMA_AFTER = re.compile(r"[ \t]*,[ \t]*")

Properties = tuple[tree.Property, ...]


def without_removed(document: tree.Document, report: Diagnostics) -> tree.Document:
    """Return an equivalent spec without removed words; report SNN225 for each."""
    statements = (
        replace(s, properties=_replace_removed(s.properties, report))
        if s.kind.text == "train" and s.properties
        else s
        for s in document.statements
    )
    return replace(document, statements=tuple(statements))


def _replace_removed(properties: Properties, report: Diagnostics) -> Properties:
    off = next((item for item in properties if _is_off(item)), None)
    phases = next((item for item in properties if item.key.text == "phases"), None)
    if off is not None and phases is None:
        properties = _write_phases(off, properties, report)
    elif off is not None and phases is not None:
        properties = _drop_last_phase(off, phases, properties, report)
    elif phases is not None:
        properties = _rename_phase(phases, properties, report)
    for item in properties:
        if item.key.text in _SUCCESSORS:
            report.add(_warning(item.key, "train", "remove it", _deletion(item)))
    return tuple(item for item in properties if item.key.text not in _SUCCESSORS)


def _write_phases(
    off: tree.Property, properties: Properties, report: Diagnostics
) -> Properties:
    """Replace ``aware off`` by ``phases [smooth, scale]``."""
    words = tuple(tree.Word(p, off.value.span) for p in ("smooth", "scale"))
    key = tree.Word("phases", off.key.span)
    phases = tree.Property(key, tree.List(words, off.value.span), off.span)
    fix = _fix(off, _text(phases))
    report.add(_warning(off.key, "train", _advice(phases), fix))
    return tuple(phases if item is off else item for item in properties)


def _drop_last_phase(
    off: tree.Property,
    phases: tree.Property,
    properties: Properties,
    report: Diagnostics,
) -> Properties:
    """Remove the last phase of ``phases``, as ``aware off`` did."""
    words = _words(phases)
    kept = tuple(word for word in words if word.text not in ("aware", "spikes"))
    if kept == words:
        return properties
    new = replace(phases, value=tree.List(kept, phases.value.span))
    fix = _both(_fix(phases, _text(new)), _deletion(off))
    report.add(_warning(off.key, "train", _advice(new), fix))
    for word in words:
        if word.text == "aware":
            report.add(_warning(word, "phases", "remove it", fix))
    return tuple(new if p is phases else p for p in properties if p is not off)


def _rename_phase(
    phases: tree.Property, properties: Properties, report: Diagnostics
) -> Properties:
    """Replace ``aware`` by ``spikes`` in ``phases``."""
    words = _words(phases)
    for word in words:
        if word.text == "aware":
            fix = Fix(word.span, "spikes")
            report.add(_warning(word, "phases", "write `spikes`", fix))
    renamed = tuple(
        replace(word, text="spikes") if word.text == "aware" else word for word in words
    )
    if renamed == words:
        return properties
    new = replace(phases, value=tree.List(renamed, phases.value.span))
    return tuple(new if item is phases else item for item in properties)


def _is_off(item: tree.Property) -> bool:
    if item.key.text == "aware":
        with suppress(ValueError):
            return not flag(item.value)
    return False


def _words(phases: tree.Property) -> tuple[tree.Word, ...]:
    """Return the words of ``phases``; empty unless the value is a list of words."""
    items = phases.value.items if isinstance(phases.value, tree.List) else ()
    words = tuple(item for item in items if isinstance(item, tree.Word))
    return words if len(words) == len(items) else ()


def _warning(word: tree.Word, owner: str, advice: str, fix: Fix | None) -> RemovedWord:
    successor = _SUCCESSORS[word.text]
    return RemovedWord(
        span=word.span,
        owner=owner,
        word=word.text,
        successor=successor,
        advice=advice,
        fix=fix,
    )


def _advice(phases: tree.Property) -> str:
    return f"write `phases {write_list(word.text for word in _words(phases))}`"


def _text(phases: tree.Property) -> str:
    colon = ":" if phases.span.source.is_yaml else ""
    return f"phases{colon} {write_list(word.text for word in _words(phases))}"


def _fix(item: tree.Property, text: str) -> Fix | None:
    """Return a fix that replaces a property; None for a property from a setting."""
    source, start, end = item.span.source, item.span.start, item.span.end
    if item.key.span.source is not source:
        return None
    if source.is_yaml:  # spans exclude the quotes
        start -= source.text[start - 1] in _QUOTES
        end += source.text[end : end + 1] in _QUOTES
    return Fix(Span(source, start, end), text, unsafe="#" in item.span.text)


def _deletion(item: tree.Property) -> Fix | None:
    """Return a fix that deletes a property and its line, or the comma next to it."""
    fix = _fix(item, "")
    if fix is None:
        return None
    source, start, end = fix.span.source, fix.span.start, fix.span.end
    text = source.text
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip() and (rest := _END_OF_LINE.match(text, end)):
        start, end = line, rest.end()
    elif after := _COMMA_AFTER.match(text, end):
        end = after.end()
    elif before := _COMMA_BEFORE.search(text, line, start):
        start = before.start()
    return fix._replace(span=Span(source, start, end))


def _both(first: Fix | None, second: Fix | None) -> Fix | None:
    """Merge two fixes, and keep the text between them."""
    if first is None or second is None:
        return None
    first, second = sorted((first, second), key=lambda fix: fix.span.start)
    source = first.span.source
    between = source.text[first.span.end : second.span.start]
    replacement = first.replacement + between + second.replacement
    unsafe = first.unsafe or second.unsafe
    return Fix(first.span.to(second.span), replacement, unsafe)
