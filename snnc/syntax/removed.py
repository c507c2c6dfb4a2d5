"""Replace words that are no longer valid in `train`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.readers import bare
from snnc.language.written import write_list
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
Words = tuple[tree.Word, ...]


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
    written = {item.key.text: item for item in properties}
    off = _switched_off(written.get("aware"))
    phases = written.get("phases")
    # Without `phases`, the new list takes the place of `aware off`.
    old = phases or off
    words = _words(phases)
    new = _new_words(phases, off)
    if old is not None and new != words:
        _report_phases(old, new, words, off, report)
        properties = tuple(_with_phases(properties, old, new, off))
    for item in properties:
        if item.key.text in _SUCCESSORS:
            report.add(_warning(item.key, "train", "remove it", _deletion(item)))
    return tuple(item for item in properties if item.key.text not in _SUCCESSORS)


def _switched_off(aware: tree.Property | None) -> tree.Property | None:
    """Return the property if its value is off."""
    if aware is None or bare(aware.value) not in ("off", "false"):
        return None
    return aware


def _with_phases(
    properties: Properties, old: tree.Property, words: Words, off: tree.Property | None
) -> Iterator[tree.Property]:
    """Yield the properties with other phases, and without ``aware off``."""
    key = tree.Word("phases", old.key.span)
    for item in properties:
        if item is old:
            yield tree.Property(key, tree.List(words, old.value.span), old.span)
        elif item is not off:
            yield item


def _new_words(phases: tree.Property | None, off: tree.Property | None) -> Words:
    """Return the words of ``phases`` that mean the same without ``aware``."""
    words = _words(phases)
    if off is None:
        return tuple(
            replace(word, text="spikes") if word.text == "aware" else word
            for word in words
        )
    if phases is None:
        # With `aware off`, training ended after `scale`.
        return tuple(tree.Word(p, off.value.span) for p in ("smooth", "scale"))
    return tuple(word for word in words if word.text not in ("aware", "spikes"))


def _report_phases(
    old: tree.Property,
    new: Words,
    words: Words,
    off: tree.Property | None,
    report: Diagnostics,
) -> None:
    """Report ``aware off`` and the word ``aware``, which other phases replace."""
    advice = "write `spikes`"
    fix = None
    if off is not None:
        advice = "remove it"
        text = write_list(word.text for word in new)
        colon = ":" if old.span.source.is_yaml else ""
        fix = _fix(old, f"phases{colon} {text}")
        if old is not off:
            fix = _both(fix, _deletion(off))
        report.add(_warning(off.key, "train", f"write `phases {text}`", fix))
    for word in words:
        if word.text == "aware":
            word_fix = Fix(word.span, "spikes") if off is None else fix
            report.add(_warning(word, "phases", advice, word_fix))


def _words(phases: tree.Property | None) -> Words:
    """Return the words of ``phases``; empty unless the value is a list of words."""
    value = phases.value if phases else None
    items = value.items if isinstance(value, tree.List) else ()
    words = tuple(item for item in items if isinstance(item, tree.Word))
    return words if len(words) == len(items) else ()


def _warning(word: tree.Word, owner: str, advice: str, fix: Fix | None) -> Diagnostic:
    return rules.misplaced.RemovedWord(
        span=word.span,
        owner=owner,
        word=word.text,
        successor=_SUCCESSORS[word.text],
        advice=advice,
        fix=fix,
    )


def _fix(item: tree.Property, text: str) -> Fix | None:
    """Return a fix that replaces a property; None for a property from a setting."""
    source = item.span.source
    start = item.span.start
    end = item.span.end
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
    source = fix.span.source
    start = fix.span.start
    end = fix.span.end
    text = source.text
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip() and (rest := _END_OF_LINE.match(text, end)):
        start = line
        end = rest.end()
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
