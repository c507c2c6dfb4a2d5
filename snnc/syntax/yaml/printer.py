"""Format a YAML spec, and translate the code quoted in a message to YAML.

Each level is indented by two spaces. A mapping is written on its key's line, in braces,
if the line has at most 110 columns and contains no comment. Otherwise each key gets its
own line. Comments stay with their entries. Several blank lines become one.

Notes and helps quote ``.snn`` code such as `` `stride 2` ``. For a YAML file, each
quote is parsed, and printed as it would be in a spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from snnc.language import tree
from snnc.language.keywords import CLAUSES, FORMS, HEADERS, KEYS, KINDS
from snnc.source import Span
from snnc.syntax.entries import Entry, Remarks, Writer, statement_entry, valid_entries
from snnc.syntax.snn import parse_statement

WIDTH = 110
_FAR = 400  # the longest line plus some blank lines
_BLANK = re.compile(r"\n[ \t]*\n")
# Characters that YAML refuses or reads as a line end, which would end a comment.
_NOT_IN_COMMENTS = re.compile(
    r"[^\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def not_in_comments(document: tree.Document) -> Iterator[Span]:
    """Yield the characters in comments that YAML comments can't contain."""
    for comment in document.comments:
        span = comment.span
        for match in _NOT_IN_COMMENTS.finditer(span.source.text, span.start, span.end):
            yield Span(span.source, *match.span())


def print_yaml(document: tree.Document) -> str:
    """Write a spec in either notation as YAML text; `valid_entries` may raise.

    Comments must not contain the characters that `not_in_comments` finds.
    """
    entries = valid_entries(document)
    remarks = Remarks(document.comments, entries)
    printer = _YamlPrinter(document.span.source, remarks)
    for entry in entries:
        printer.entry(entry, 0, "")
        # In `.snn`, the formatter and not the author separates these two.
        header = entry.key in ("snn", "network")
        printer.opened = header and not printer.source.is_yaml
    printer.comments(remarks.foot, 0)
    return "\n".join(printer.lines) + "\n"


class _YamlPrinter(Writer):
    """Write a spec line by line, with its comments."""

    def entry(self, entry: Entry, depth: int, dash: str) -> None:
        """Write an entry, after a dash if it is a list item."""
        above, beside, below = self.remarks.of(entry)
        self.comments(above, depth)
        begin = self.indent * depth + dash
        flat = begin + entry.flat
        is_open = entry.is_open or self.remarks.inside(entry) or len(flat) > WIDTH
        if not entry.inner or not is_open:
            self.line(flat, entry.span.start, beside)
            self.comments(below, depth)
            return
        deeper = depth + 1
        if not entry.key:  # no line of its own for a trailing comment
            self.comments(beside, depth)
        else:
            self.line(f"{begin}{entry.key}:", entry.span.start, beside)
            self.opened = True
            deeper += bool(dash)
            dash = ""
        self._nested(entry, deeper, dash)
        self.comments(below, deeper)

    def _nested(self, entry: Entry, depth: int, dash: str) -> None:
        """Write the entries in an entry; a dash belongs to the first one."""
        mark = "- " if entry.is_list else ""
        for inner in entry.inner or ():
            if dash and not mark:
                self.entry(inner, depth - 1, dash)
                dash = ""
            else:
                self.entry(inner, depth, mark)

    def is_apart(self, start: int) -> bool:
        """Return whether a blank line precedes a position that opens no `.snn` block.

        In `.snn`, the list of layers has no key, and begins at the end of a line.
        """
        text = self.source.text
        if _BLANK.match(text, start):
            return True
        above = text[max(start - _FAR, 0) : start].rstrip().rpartition("\n")[2]
        opens = above.endswith("{") and "#" not in above
        return super().is_apart(start) and (self.source.is_yaml or not opens)


_QUOTED = re.compile(r"`([^`]+)`")
_HEADER = re.compile(r"^(snn|network) (\w+)(?: \{.*)?$")
# A statement that may precede each clause.
_BEFORE = {"from": "dense x ", "in": "input x 1 ", "as": "input x 1 in 0..1 "}


# With translated quotes, a rule needs one text for both notations (decision 008).
def in_yaml(text: str) -> str:
    """Rewrite each quoted statement, property or part of a text; leave other quotes."""
    return _QUOTED.sub(lambda match: f"`{snippet(match[1])}`", text)


def snippet(code: str) -> str:
    """Write one statement, property or part as YAML; leave other text unchanged.

    A statement that can only be an item of `layers` gets a dash before it.
    """
    first, _, rest = code.partition(" ")
    if not rest:
        return code
    if first in HEADERS:
        return _HEADER.sub(r"\1: \2", code)
    if first in CLAUSES:
        entries = _entries_in(_BEFORE[first] + code)
        return next((each.flat for each in entries if each.key == first), code)
    if first in KINDS and (statement := parse_statement(code)):
        dash = "- " if FORMS[first].place == "layer" else ""
        return dash + statement_entry(statement).flat
    return _properties(code) if first in KEYS else code


def _properties(code: str) -> str:
    entries = _entries_in(f"train {{ {code} }}")
    shown = ", ".join(entry.flat for entry in entries)
    return f"{{{shown}}}" if len(entries) > 1 else shown or code


def _entries_in(code: str) -> tuple[Entry, ...]:
    """Return the parts and properties of a statement, or nothing if it has errors."""
    statement = parse_statement(code)
    return statement_entry(statement).inner or () if statement else ()
