"""Convert source text to a syntax tree, in the notation of the file's suffix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from snnc import rules
from snnc.diagnostics import TRANSLATIONS, Diagnostic, Diagnostics, Label
from snnc.language.tree import Document
from snnc.source import SourceFile, Span
from snnc.syntax.snn import parse_snn

# A line with content, starting at its first word.
_SAYS = re.compile(r"^[^\S\n]*([^\s#].*)", re.MULTILINE)
# The first two lines of each notation: the edition, and the line after it.
_YAML = re.compile(r"(snn:[ \t]*\d+)\s*(?:#.*)?"), re.compile(r"\w+:.*")
_SNN = re.compile(r"(snn[ \t]+\d+)\s*(?:#.*)?"), re.compile(r"network\s+\S+\s*\{.*")
# Git's conflict markers, at the start of a line.
_MARK = re.compile(r"^(?:(<{7})|(\|{7})|(={7})|(>{7}))(?:[ \t].*)?$", re.MULTILINE)
_SIDES = ("", "one side", "what both had", "the other side", "ends here")
_PYTHON = re.compile(
    r"import [A-Za-z_][\w.]*(?: as \w+)?(?:,.*)?|from [A-Za-z_.][\w.]* import .+"
    r'|(?:def|class) \w+\s*[(:].*|"""[^"]*(?:""")?|@\w[\w.]*(?:\(.*)?'
)
_LONGEST = 60
_JSON = re.compile(r'\{\s*"|\[\s*\{\s*"')
_JSON_OF_A_SPEC = re.compile(r'"?(?:snn|network)"?\s*:')


def _conflict(source: SourceFile) -> Diagnostic | None:
    if "<<<<<<<" not in source.text or ">>>>>>>" not in source.text:
        return None
    marks: list[tuple[int, Span]] = []
    for match in _MARK.finditer(source.text):
        kind = match.lastindex or 0
        # The other marks count only after `<<<<<<<`: seven `=` may underline a title.
        if marks or kind == 1:
            marks.append((kind, Span(source, *match.span(kind))))
        if marks and kind == len(_SIDES) - 1:
            related = tuple(Label(span, _SIDES[kind]) for kind, span in marks[1:])
            return rules.syntax.MergeConflict(span=marks[0][1], related=related[:3])
    return None


def _other_notation(source: SourceFile) -> Diagnostic | None:
    """Describe a file whose first lines are in the other notation."""
    lines = [*islice(_lines(source), 2)]
    if len(lines) < 2:
        return None
    (start, first), (_, second) = lines
    edition, below = _SNN if source.is_yaml else _YAML
    match = edition.fullmatch(first)
    if match is None or below.fullmatch(second) is None:
        return None
    return _is_other(Span(source, start, start + match.end(1)))


def _is_other(span: Span) -> Diagnostic:
    notation = "`.snn`"
    other = "YAML"
    suffix = ".yaml"
    if span.source.is_yaml:
        notation, other, suffix = other, notation, ".snn"
    rule = rules.syntax.OtherNotation
    return rule(span=span, looks=other, read=notation, suffix=suffix)


def _foreign(source: SourceFile) -> Diagnostic | None:
    """Describe a text whose first line is Python or JSON."""
    start, text = next(_lines(source), (0, ""))
    span = Span(source, start, start + min(len(text.rstrip()), _LONGEST))
    if _JSON.match(source.text, start):
        if _JSON_OF_A_SPEC.search(source.text, start):
            # JSON is also YAML, so a `.yaml` file may contain it.
            return None if source.is_yaml else _is_other(span)
        model = source.name if source.name.endswith(".json") else "MODEL.json"
        return rules.syntax.NotASpec(span=span, looks="JSON", model=model)
    if source.text.startswith("#!") or _PYTHON.fullmatch(text.rstrip()):
        return rules.syntax.NotASpec(span=span, looks="Python", model="MODEL.keras")
    return None


def _lines(source: SourceFile) -> Iterator[tuple[int, str]]:
    for match in _SAYS.finditer(source.text):
        if match[1].rstrip() != "---":
            yield match.start(1), match[1]


def parse(source: SourceFile, report: Diagnostics) -> Document:
    """Read a spec; report problems, and mark their statements as broken.

    The file's suffix chooses the notation: ``.yaml`` or ``.yml``, otherwise ``.snn``.
    """
    read = parse_snn
    if source.is_yaml:
        # Import late: `.snn` files and texts that are not specs don't need this.
        from snnc.syntax.yaml import parse_yaml as read
        from snnc.syntax.yaml.printer import in_yaml

        # Diagnostics must not import a notation, so register it (decision 021).
        TRANSLATIONS["yaml"] = in_yaml
    if problem := _conflict(source) or _other_notation(source) or _foreign(source):
        report.add(problem)
        return Document(None, None, (), source.whole)
    return read(source, report)
