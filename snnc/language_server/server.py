"""The server: texts that clients edit, and what it tells of them unasked."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from snnc import __version__
from snnc.ir.device import Profile
from snnc.language_server import diagnostics
from snnc.language_server.analyses import Analyses
from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import Buffer, Change
from snnc.language_server.settings import Devices, Settings

PULLED = "text_document.diagnostic"
"""The capability of clients that ask for diagnostics, and need not be sent them."""


class SpecProtocol(LanguageServerProtocol):
    """Leaves texts to `Buffer`, which takes any edit, and ends lines as clients do."""

    lsp_text_document__did_open = None  # type: ignore[assignment]
    lsp_text_document__did_change = None  # type: ignore[assignment]
    lsp_text_document__did_close = None  # type: ignore[assignment]


class SpecServer(LanguageServer):
    """A language server of specs.

    Parameters
    ----------
    device
        What is compiled for unless the client says otherwise; None for Loihi 1.
    """

    def __init__(self, device: str | None = None) -> None:
        super().__init__("snnc", __version__, protocol_cls=SpecProtocol)
        root = Path.cwd()
        self.settings = (
            Settings(root=root) if device is None else Settings(device, root=root)
        )
        self.buffers: dict[str, Buffer] = {}
        self.analyses = Analyses(self._ready, self._failed, self._profile)
        self.was_shut_down = False
        self._devices = Devices()
        self._wrong_device = ""
        self._reports: tempfile.TemporaryDirectory[str] | None = None

    @property
    def codec(self) -> PositionCodec:
        return self.workspace.position_codec

    def supports(self, capability: str) -> bool:
        """Whether the client has a capability, named by its path."""
        found: Any = self.client_capabilities
        for name in capability.split("."):
            found = getattr(found, name, None)
        return bool(found)

    @property
    def reports(self) -> Path:
        """A folder for reports, which goes when the server does."""
        if self._reports is None:
            self._reports = tempfile.TemporaryDirectory(prefix="snnc-")
        return Path(self._reports.name)

    def begin(self, params: types.InitializeParams) -> None:
        """Take what a client says when it starts."""
        root = params.root_uri or next(
            (folder.uri for folder in params.workspace_folders or ()), None
        )
        path = params.root_path if root is None else to_fs_path(root)
        if path and os.path.isdir(path):
            self.settings = Settings(
                self.settings.device, self.settings.output, Path(path)
            )
        self.settings = self.settings.told(params.initialization_options)

    def open(self, item: types.TextDocumentItem) -> None:
        self._put(Buffer.opened(item))

    def change(self, uri: str, version: int, changes: Iterable[Change]) -> None:
        """Edit a text; one that is not open has no text to edit."""
        if buffer := self.buffers.get(uri):
            self._put(buffer.changed(changes, version, self.codec))

    def close(self, uri: str) -> None:
        """Forget a text, and what was told of it."""
        self.analyses.drop(uri)
        if self.buffers.pop(uri, None):
            self._send(uri, None, [])

    def configure(self, section: Any) -> None:
        """Take what a client says of its settings, and judge all texts by them."""
        told = self.settings.told(section)
        if told != self.settings:
            self.settings = told
            for buffer in self.buffers.values():
                self._put(buffer)
            self._refresh()

    async def analysis(self, uri: str) -> Analysis | None:
        """What is known of a text as it is by then; None if it is closed or no spec."""
        try:
            return await self.analyses.newest(uri)
        except KeyError:
            return None

    def sent(self, uri: str, found: Analysis) -> list[types.Diagnostic]:
        """All diagnostics of a text, as they are sent."""
        shown = [diagnostics.as_sent(d, uri, self.codec) for d in found.diagnostics]
        if self._wrong_device:
            shown.insert(0, diagnostics.of_device(self._wrong_device))
        return shown

    def say(self, text: str, kind: types.MessageType) -> None:
        self.window_show_message(types.ShowMessageParams(kind, text))

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

    def _ready(self, buffer: Buffer, found: Analysis, again: bool) -> None:
        if not self.supports(PULLED):
            self._send(buffer.uri, buffer.version, self.sent(buffer.uri, found))
        if again:
            self._refresh()

    def _failed(self, buffer: Buffer, error: Exception) -> None:
        self._send(buffer.uri, buffer.version, [diagnostics.of_bug(error)])
        text = "".join(traceback.format_exception(error))
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))

    def _send(
        self, uri: str, version: int | None, found: list[types.Diagnostic]
    ) -> None:
        params = types.PublishDiagnosticsParams(uri, found, version)
        self.text_document_publish_diagnostics(params)

    def _refresh(self) -> None:
        """Have asked anew what changed without an edit."""
        if self.supports("workspace.inlay_hint.refresh_support"):
            self.workspace_inlay_hint_refresh(None)
        if self.supports("workspace.code_lens.refresh_support"):
            self.workspace_code_lens_refresh(None)
        if self.supports("workspace.diagnostics.refresh_support"):
            self.workspace_diagnostic_refresh(None)
