"""Track open texts and settings, publish diagnostics, and answer requests."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lsprotocol import types
from pygls import exceptions
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from snnc.language_server.buffers import Buffer, as_sent, of_all, offset_in, range_of
from snnc.text.version import __version__

if TYPE_CHECKING:
    from snnc.diagnostics import Fix
    from snnc.ir.device import Profile
    from snnc.language_server.analysis import Analyses, Analysis
    from snnc.source import Span

SECTION = "snnc"
"""The section of a client's configuration for snnc."""
# Not imported: the server must answer before the compiler is loaded (decision 027).
DEVICE = "loihi1"
"""The device to compile for if nobody sets one."""


def device_in(section: object) -> str | None:
    """Return the device in a client's configuration, if it sets one.

    It is a name, or the path of a file, relative to the folder open in the client.
    """
    if isinstance(section, Mapping):
        # Some clients send the whole configuration, others only snnc's section.
        section = section.get(SECTION, section)
    device = section.get("device") if isinstance(section, Mapping) else None
    return device if isinstance(device, str) and device else None


FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.snnc"
"""The kind of action that applies all safe fixes."""


class SpecProtocol(LanguageServerProtocol):
    """A protocol that keeps texts in `Buffer`, which accepts any edit and line end.

    Invalid requests are answered with an error; pygls only logs them.
    """

    # pygls would store texts too, and end lines where no client does (decision 027).
    lsp_text_document__did_open = None  # type: ignore[assignment]
    lsp_text_document__did_change = None  # type: ignore[assignment]
    lsp_text_document__did_close = None  # type: ignore[assignment]

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Build a message from parsed JSON; refuse a request of the wrong shape."""
        try:
            return super().structure_message(data)
        except exceptions.JsonRpcException:
            method = data.get("method")
            if isinstance(method, str) and isinstance(data.get("id"), str | int):
                error: exceptions.JsonRpcException = exceptions.JsonRpcInvalidParams()
                if method not in types.METHOD_TO_TYPES:
                    error = exceptions.JsonRpcMethodNotFound.of(method)
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        """Refuse requests before ``initialize`` and after ``shutdown``."""
        method = getattr(message, "method", None)
        error: exceptions.JsonRpcException | None = None
        if self._workspace is None and method not in (types.INITIALIZE, types.EXIT):
            error = exceptions.JsonRpcServerNotInitialized()
        elif self._shutdown and method != types.EXIT:
            error = exceptions.JsonRpcInvalidRequest("the server was shut down")
        if error is None:
            super().handle_message(message)
        elif method is not None and hasattr(message, "id"):
            self._send_response(message.id, error=error.to_response_error())


class SpecServer(LanguageServer):
    """A language server for specs.

    ``device`` is the device to compile for unless the client sets a device; None for
    Loihi 1.
    """

    def __init__(self, device: str | None = None) -> None:
        super().__init__("snnc", __version__, protocol_cls=SpecProtocol)
        self._device = device or DEVICE
        self.buffers: dict[str, Buffer] = {}
        self._wrong_device = ""
        # A refused request is a mistake of the client, and needs no traceback here.
        logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_unexpected)
        for method, receive in _RECEIVERS.items():
            self.feature(method)(partial(receive, self))
        for method in (*_OF_ANALYSIS, *_OTHERS):
            self.feature(method, _OPTIONS.get(method))(partial(_answer, self, method))

    @cached_property
    def analyses(self) -> Analyses:
        # Imported late, so that the server answers before the compiler is loaded.
        from snnc.language_server.analysis import Analyses

        return Analyses(self.device, self.send_analysis, self.report_bug)

    @property
    def was_shut_down(self) -> bool:
        """Whether the client has sent ``shutdown``."""
        return bool(self.protocol._shutdown)

    @property
    def codec(self) -> PositionCodec:
        return self.workspace.position_codec

    def supports(self, capability: str) -> bool:
        """Return whether the client has a capability, given as a path."""
        value: Any = self.client_capabilities
        for name in capability.split("."):
            value = getattr(value, name, None)
        return bool(value)

    def begin(self, params: types.InitializeParams) -> None:
        """Read the settings that a client sends at the start."""
        self._device = device_in(params.initialization_options) or self._device

    async def warm_up(self, params: types.InitializedParams) -> None:
        """Load the compiler, and request the settings."""
        self.analyses.warm_up()
        await self._ask_settings()

    def open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._put(Buffer.of(params.text_document))

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Edit a text; ignore a text that is not open."""
        document = params.text_document
        if buffer := self.buffers.get(document.uri):
            changes = params.content_changes
            self._put(buffer.edit(changes, document.version, self.codec))

    def close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a text, and clear its diagnostics."""
        uri = params.text_document.uri
        self.analyses.drop(uri)
        if self.buffers.pop(uri, None):
            self._send(uri, None, [])

    async def configure(self, params: types.DidChangeConfigurationParams) -> None:
        self._apply_settings(params.settings)
        await self._ask_settings()

    async def _ask_settings(self) -> None:
        """Request the settings from a client that supports the request."""
        if self.supports("workspace.configuration"):
            items = [types.ConfigurationItem(section=SECTION)]
            params = types.ConfigurationParams(items)
            for section in await self.workspace_configuration_async(params):
                self._apply_settings(section)

    def _apply_settings(self, section: object) -> None:
        """Analyse all texts again after a change."""
        device = device_in(section) or self._device
        if device != self._device:
            self._device = device
            for buffer in self.buffers.values():
                self._put(buffer)
            self._refresh()

    def diagnostics_of(self, uri: str, analysis: Analysis) -> list[types.Diagnostic]:
        """Return the diagnostics of a text for the client."""
        shown = [as_sent(d, uri, self.codec) for d in analysis.diagnostics]
        if self._wrong_device:
            text = f"device {self._wrong_device}\nnote: costs are those of Loihi 1"
            shown.insert(0, of_all(text))
        return shown

    def text_edits(self, edits: Iterable[Fix]) -> list[types.TextEdit]:
        return [
            types.TextEdit(range_of(edit.span, self.codec), edit.replacement)
            for edit in edits
        ]

    def workspace_edit(self, uri: str, edits: Iterable[Fix]) -> types.WorkspaceEdit:
        """Return edits of the current version, if the client supports versions."""
        sent = self.text_edits(edits)
        if not self.supports("workspace.workspace_edit.document_changes"):
            return types.WorkspaceEdit(changes={uri: sent})
        buffer = self.buffers.get(uri)
        version = None if buffer is None else buffer.version
        document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
        changes = [types.TextDocumentEdit(document, list(sent))]
        return types.WorkspaceEdit(document_changes=changes)

    def _put(self, buffer: Buffer) -> None:
        self.buffers[buffer.uri] = buffer
        if buffer.is_spec:
            self.analyses.put(buffer)
        else:
            self.analyses.drop(buffer.uri)
            # An empty list clears the problems that the editor shows.
            self._send(buffer.uri, buffer.version, [])

    def device(self) -> Profile:
        """Return the configured device, or Loihi 1 if its file has an error."""
        # Imported late, so that the server answers first.
        from snnc.loihi.profile import ProfileError, is_file, read_profile

        name = self._device
        self._wrong_device = ""
        if is_file(name):
            folders = self.workspace.root_path, *map(to_fs_path, self.workspace.folders)
            name = os.path.join(next(filter(None, folders), ""), name)
            read_profile.cache_clear()  # the file may have changed
        try:
            return read_profile(name)
        except ProfileError as error:
            self._wrong_device = str(error)
            return read_profile()

    def send_analysis(self, buffer: Buffer, analysis: Analysis, *, again: bool) -> None:
        """Send the diagnostics of a text; with ``again``, hints have also changed."""
        # Some clients request diagnostics instead of receiving them.
        if not self.supports("text_document.diagnostic"):
            shown = self.diagnostics_of(buffer.uri, analysis)
            self._send(buffer.uri, buffer.version, shown)
        if again:
            self._refresh()

    def report_bug(self, buffer: Buffer, error: Exception) -> None:
        """Report an unexpected exception from the compiler."""
        request = "this is a bug in snnc: please report it with the spec"
        bug = of_all(f"{type(error).__name__}: {request}")
        self._send(buffer.uri, buffer.version, [bug])
        text = "".join(traceback.format_exception(error))
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))

    def _send(
        self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]
    ) -> None:
        params = types.PublishDiagnosticsParams(uri, diagnostics, version)
        self.text_document_publish_diagnostics(params)

    def _refresh(self) -> None:
        """Ask the client to request hints and diagnostics again."""
        if self.supports("workspace.inlay_hint.refresh_support"):
            self.workspace_inlay_hint_refresh(None)
        if self.supports("workspace.diagnostics.refresh_support"):
            self.workspace_diagnostic_refresh(None)


def _is_unexpected(record: logging.LogRecord) -> bool:
    """Return whether a log entry is more than a refused request."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, exceptions.JsonRpcInvalidParams)


_RECEIVERS: dict[str, Callable[..., object]] = {
    types.INITIALIZE: SpecServer.begin,
    types.INITIALIZED: SpecServer.warm_up,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: SpecServer.configure,
    types.TEXT_DOCUMENT_DID_OPEN: SpecServer.open,
    types.TEXT_DOCUMENT_DID_CHANGE: SpecServer.change,
    types.TEXT_DOCUMENT_DID_CLOSE: SpecServer.close,
}

COLOURED = (
    "comment",
    "string",
    "number",
    "keyword",
    "type",
    "variable",
    "operator",
    "property",
    "enumMember",
)
"""The coloured kinds of words, by their names in the protocol."""
MODIFIERS = ("declaration", "deprecated")

_OF_ANALYSIS = {
    types.TEXT_DOCUMENT_INLAY_HINT: "reading.inlay_hints",
    types.TEXT_DOCUMENT_HOVER: "reading.hover",
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: "reading.semantic",
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: "reading.symbols",
    types.TEXT_DOCUMENT_FOLDING_RANGE: "reading.folding",
    types.TEXT_DOCUMENT_DEFINITION: "writing.definition",
    types.TEXT_DOCUMENT_REFERENCES: "writing.references",
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: "writing.highlight",
    types.TEXT_DOCUMENT_RENAME: "writing.rename",
    types.TEXT_DOCUMENT_PREPARE_RENAME: "writing.prepare",
    types.TEXT_DOCUMENT_CODE_ACTION: "fixing.actions",
}
"""Functions that answer a `Request`; the answer is None if the text is closed."""
_OTHERS = {
    types.TEXT_DOCUMENT_DIAGNOSTIC: "reading.diagnostic",
    types.TEXT_DOCUMENT_COMPLETION: "completion.completion",
    types.TEXT_DOCUMENT_FORMATTING: "writing.formatting",
    types.TEXT_DOCUMENT_RANGE_FORMATTING: "writing.formatting",
    types.CODE_ACTION_RESOLVE: "fixing.resolve",
}
_OPTIONS = {
    types.TEXT_DOCUMENT_DIAGNOSTIC: types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=False, identifier="snnc"
    ),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: types.SemanticTokensLegend(
        list(COLOURED), list(MODIFIERS)
    ),
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionOptions(
        trigger_characters=[" ", ":", "{", ",", "["]
    ),
    types.TEXT_DOCUMENT_RENAME: types.RenameOptions(prepare_provider=True),
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL],
        resolve_provider=True,
    ),
}


class Request(NamedTuple):
    """A request about a text, and the newest analysis of the text."""

    server: SpecServer
    analysis: Analysis
    params: Any

    @property
    def uri(self) -> str:
        return str(self.params.text_document.uri)

    @property
    def offset(self) -> int:
        """The offset of the position in the request."""
        source = self.analysis.source
        position = self.params.position
        return offset_in(source, position, self.server.codec)

    def range_of(self, span: Span) -> types.Range:
        return range_of(span, self.server.codec)


async def _answer(server: SpecServer, method: str, params: Any) -> Any:
    # Imported late, so that the server announces its capabilities before the compiler
    # is loaded.
    module, function = {**_OF_ANALYSIS, **_OTHERS}[method].split(".")
    answer = getattr(importlib.import_module(f"{__package__}.{module}"), function)
    if method in _OTHERS:
        return await answer(server, params)
    analysis = await server.analyses.newest(params.text_document.uri)
    if analysis is None:
        return None
    result = answer(Request(server, analysis, params))
    return await result if inspect.isawaitable(result) else result
