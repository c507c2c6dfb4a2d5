"""Answer requests to format, find and rename."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from snnc.diagnostics import Diagnostics, Fix
from snnc.language.readers import why_no_name, why_no_package
from snnc.language.tree import Document
from snnc.language_server.buffers import between, offsets_in
from snnc.language_server.server import Request, SpecServer
from snnc.language_server.word_roles import SpecWord, uses_at, words_of
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import format_document


async def formatting(
    server: SpecServer,
    params: types.DocumentFormattingParams | types.DocumentRangeFormattingParams,
) -> list[types.TextEdit]:
    buffer = server.buffers.get(params.text_document.uri)
    if buffer is None or not buffer.is_spec:
        return []
    start = 0
    end = len(buffer.source.text)
    if isinstance(params, types.DocumentRangeFormattingParams):
        start, end = offsets_in(buffer.source, params.range, server.codec)
    return server.text_edits(
        edit
        for edit in layout(buffer.source)
        # An empty selection or edit touches the next character.
        if edit.span.start < max(end, start + 1)
        and start < max(edit.span.end, edit.span.start + 1)
    )


def layout(source: SourceFile) -> Iterable[Fix]:
    """Return the edits of `snnc fmt`; empty for a text with a syntax error."""
    report = Diagnostics()
    document = parse(source, report)
    if report.errors:
        return ()
    return between(source, format_document(document))


def _uses(request: Request) -> list[SpecWord]:
    return uses_at(request.analysis.document, request.offset)


def definition(request: Request) -> list[types.Location]:
    defined = [word for word in _uses(request) if word.role != "reference"]
    return _locate(request, defined)


def references(request: Request) -> list[types.Location]:
    uses = _uses(request)
    if not request.params.context.include_declaration:
        uses = [word for word in uses if word.role == "reference"]
    uses.sort(key=lambda word: word.role)  # the definition first
    return _locate(request, uses)


def _locate(request: Request, words: list[SpecWord]) -> list[types.Location]:
    return [types.Location(request.uri, request.range_of(word.span)) for word in words]


def highlight(request: Request) -> list[types.DocumentHighlight]:
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            request.range_of(word.span),
            kinds.Read if word.role == "reference" else kinds.Write,
        )
        for word in _uses(request)
    ]


def prepare(request: Request) -> types.Range | None:
    here = (word for word in _uses(request) if word.is_at(request.offset))
    return next((request.range_of(word.span) for word in here), None)


def rename(request: Request) -> types.WorkspaceEdit:
    """Replace a name everywhere.

    Raise JsonRpcInvalidParams if no name is at the offset, or the new name is refused.
    """
    document = request.analysis.document
    uses = _uses(request)
    name = request.params.new_name
    if not uses:
        raise JsonRpcInvalidParams("there is no name here")
    if reason := _why_refused(name, uses[0], document):
        raise JsonRpcInvalidParams(f"{name}: {reason}")
    # A statement with a syntax error may use the name, which would then be left.
    if broken := next((s for s in document.statements if s.broken), None):
        line = broken.span.first.line
        raise JsonRpcInvalidParams(f"line {line} can't be read: fix it first")
    edits = [Fix(word.span, name) for word in uses]
    return request.server.workspace_edit(request.uri, edits)


def _why_refused(name: str, old: SpecWord, document: Document) -> str:
    """Say why a word can't get a new name; empty if it can."""
    if old.role == "network":
        return why_no_package(name)
    others = (w.text for w in words_of(document) if w.role == "definition")
    if name != old.text and name in others:
        return "there is another layer of that name"
    return why_no_name(name)
