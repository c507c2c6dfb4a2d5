"""Track open texts and settings, and publish diagnostics."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcServerNotInitialized,
)
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from snnc import __version__
from snnc.language_server.buffers import Buffer, Change, as_sent, of_bug, of_device

if TYPE_CHECKING:
    from snnc.ir.device import Profile
    from snnc.language_server.analysis import Analyses, Analysis

SECTION = "snnc"
"""The section of a client's configuration for snnc."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The section ``snnc`` of a client's configuration.

    Attributes
    ----------
    device
        The name of a device, or the path of its file, relative to ``root``.
    root
        The folder that is open in the client.
    """

    device: str = "loihi1"
    root: Path = Path()

    def with_section(self, section: object) -> ClientSettings:
        """Return the settings with a client's values, if these are strings."""
        if not isinstance(section, Mapping):
            return self
        section = section.get(SECTION, section)
        if not isinstance(section, Mapping):
            return self
        device = section.get("device")
        if isinstance(device, str) and device:
            return replace(self, device=device)
        return self

    def at(self, root: Path) -> ClientSettings:
        """Return the settings with the folder that is open in the client."""
        return replace(self, root=root)


class Devices:
    """Reads devices, and reads their files again after a change."""

    def __init__(self) -> None:
        self._stamps: dict[str, tuple[int, int] | None] = {}

    def read(self, settings: ClientSettings) -> tuple[Profile, str]:
        """Return the configured device, or Loihi 1 and the reason."""
        # Imported late, so that the server answers first.
        from snnc.loihi.profile import ProfileError, is_file, read_profile

        name = settings.device
        if is_file(name):
            name = str(settings.root / name)
            stamp = _stamp(Path(name))
            if self._stamps.get(name, stamp) != stamp:
                read_profile.cache_clear()
            self._stamps[name] = stamp
        try:
            return read_profile(name), ""
        except ProfileError as error:
            return read_profile(), str(error)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.snnc"
"""The kind of action that applies all safe fixes."""
PULLED = "text_document.diagnostic"
"""The capability of clients that request diagnostics instead of receiving them."""


class SpecProtocol(LanguageServerProtocol):
    """A protocol that keeps texts in `Buffer`, which accepts any edit and line end.

    Invalid requests are answered with an error; pygls only logs them.
    """

    lsp_text_document__did_open = None  # type: ignore[assignment]
    lsp_text_document__did_change = None  # type: ignore[assignment]
    lsp_text_document__did_close = None  # type: ignore[assignment]

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Build a message from parsed JSON; refuse a request of the wrong shape."""
        try:
            return super().structure_message(data)
        except JsonRpcException:
            method = data.get("method")
            if isinstance(method, str) and isinstance(data.get("id"), str | int):
                error: JsonRpcException = JsonRpcInvalidParams()
                if method not in types.METHOD_TO_TYPES:
                    error = JsonRpcMethodNotFound.of(method)
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        """Refuse requests before ``initialize`` and after ``shutdown``."""
        method = getattr(message, "method", None)
        error: JsonRpcException | None = None
        if self._workspace is None and method not in (types.INITIALIZE, types.EXIT):
            error = JsonRpcServerNotInitialized()
        elif self._shutdown and method != types.EXIT:
            error = JsonRpcInvalidRequest("the server was shut down")
        if error is None:
            super().handle_message(message)
        elif method is not None and hasattr(message, "id"):
            self._send_response(message.id, error=error.to_response_error())


class SpecServer(LanguageServer):
    """A language server for specs.

    Parameters
    ----------
    device
        The device to compile for unless the client sets a device; None for Loihi 1.

    Attributes
    ----------
    was_shut_down
        Whether the client has sent ``shutdown``.
    """

    def __init__(self, device: str | None = None) -> None:
        super().__init__("snnc", __version__, protocol_cls=SpecProtocol)
        self.settings = ClientSettings(root=Path.cwd()).with_section({"device": device})
        self.buffers: dict[str, Buffer] = {}
        self.was_shut_down = False
        self._devices = Devices()
        self._wrong_device = ""
        logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_unexpected)
        _listen(self)

    @cached_property
    def analyses(self) -> Analyses:
        # Imported late, so that the server answers before the compiler is loaded.
        from snnc.language_server.analysis import Analyses

        return Analyses(self._ready, self._report_bug, self._profile)

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
        root = params.root_uri or next(
            (folder.uri for folder in params.workspace_folders or ()), None
        )
        path = params.root_path if root is None else to_fs_path(root)
        if path and os.path.isdir(path):
            self.settings = self.settings.at(Path(path))
        self.settings = self.settings.with_section(params.initialization_options)

    def open(self, item: types.TextDocumentItem) -> None:
        self._put(Buffer.of(item))

    def change(self, uri: str, version: int, changes: Iterable[Change]) -> None:
        """Edit a text; ignore a text that is not open."""
        if buffer := self.buffers.get(uri):
            self._put(buffer.edit(changes, version, self.codec))

    def close(self, uri: str) -> None:
        """Forget a text, and clear its diagnostics."""
        self.analyses.drop(uri)
        if self.buffers.pop(uri, None):
            self._send(uri, None, [])

    def configure(self, section: object) -> None:
        """Update the settings, and analyse all texts again after a change."""
        updated = self.settings.with_section(section)
        if updated != self.settings:
            self.settings = updated
            for buffer in self.buffers.values():
                self._put(buffer)
            self._refresh()

    async def ask_settings(self) -> None:
        """Request the settings from a client that supports the request."""
        if self.supports("workspace.configuration"):
            items = [types.ConfigurationItem(section=SECTION)]
            params = types.ConfigurationParams(items)
            sections = await self.workspace_configuration_async(params)
            self.configure(next(iter(sections), None))

    async def analysis(self, uri: str) -> Analysis | None:
        """Return the newest analysis of a text; None if it is closed or not a spec."""
        try:
            return await self.analyses.newest(uri)
        except KeyError:
            return None

    def diagnostics_of(self, uri: str, analysis: Analysis) -> list[types.Diagnostic]:
        """Return the diagnostics of a text for the client."""
        shown = [as_sent(d, uri, self.codec) for d in analysis.diagnostics]
        if self._wrong_device:
            shown.insert(0, of_device(self._wrong_device))
        return shown

    def _put(self, buffer: Buffer) -> None:
        self.buffers[buffer.uri] = buffer
        if buffer.is_spec:
            self.analyses.put(buffer)
        else:
            self.analyses.drop(buffer.uri)
            self._send(buffer.uri, buffer.version, [])

    def _profile(self) -> Profile:
        profile, self._wrong_device = self._devices.read(self.settings)
        return profile

    def _ready(self, buffer: Buffer, analysis: Analysis, again: bool) -> None:
        if not self.supports(PULLED):
            self._send(
                buffer.uri, buffer.version, self.diagnostics_of(buffer.uri, analysis)
            )
        if again:
            self._refresh()

    def _report_bug(self, buffer: Buffer, error: Exception) -> None:
        self._send(buffer.uri, buffer.version, [of_bug(error)])
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
    """Return whether a log entry is not just a refused request."""
    return not (
        record.exc_info and isinstance(record.exc_info[1], JsonRpcInvalidParams)
    )


def _listen(server: SpecServer) -> None:
    """Register the handlers of notifications."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.begin(params)

    @server.feature(types.INITIALIZED)
    async def did_initialize(params: types.InitializedParams) -> None:
        server.analyses.warm_up()
        await server.ask_settings()

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.was_shut_down = True

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(
        params: types.DidChangeConfigurationParams,
    ) -> None:
        server.configure(params.settings)
        await server.ask_settings()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.open(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        server.change(document.uri, document.version, params.content_changes)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)
