"""A client as editors are, over stdio: texts that are edited, and what comes back."""

import asyncio
import itertools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from tests.support import ROOT, network

GOOD = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
YAML = (ROOT / "specs/drift.yaml").read_text(encoding="utf-8")
LARGE = network(
    """
    target loihi { cores 2 }
    input image 32x32x1 in 0..1
    encode conv { filters 2 }
    conv2d a { filters 16, padding same }
    readout y { classes 2 }
    """
)
"""A network of 20 cores for a chip of two."""
CLIENT = "visual-studio-code@1.65.2"
"""The client whose capabilities are sent: it lacks pull diagnostics."""
SLOWEST = 60
"""Seconds to wait for what must come, on a machine that is busy."""


class Client(LanguageClient):
    """A client that keeps the last diagnostics of each text, with their version."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        self.told: dict[str, types.PublishDiagnosticsParams] = {}
        self._news = asyncio.Event()
        refreshed = "workspace/inlayHint/refresh"
        ignored = (refreshed, "client/registerCapability", "telemetry/event")
        register_lsp_features(
            self,
            DEFAULT_CLIENT_FEATURES
            | dict.fromkeys(ignored, _ignore)
            | {types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: _keep},
        )

    def keep(self, params: types.PublishDiagnosticsParams) -> None:
        self.told[params.uri] = params
        self._news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until diagnostics make something true."""
        while not is_so():
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), SLOWEST)


def _keep(client: Client, params: types.PublishDiagnosticsParams) -> None:
    client.keep(params)


def _ignore(client: Client, params: object) -> None:
    """Take what is asked of editors alone."""


CONFIG = ClientServerConfig(
    client_factory=Client,
    server_command=[sys.executable, "-m", "snnc", "lsp"],
    server_env={**os.environ, "PYTHONPATH": str(ROOT)},
)
_NUMBERS = itertools.count()
_METHODS = {kinds[2]: method for method, kinds in types.METHOD_TO_TYPES.items()}


@dataclass
class Document:
    """A text that is open in a client."""

    client: Client
    uri: str
    text: str
    version: int = 1

    @property
    def identifier(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    async def ask(self, kind: Any, **params: Any) -> Any:
        """Send a request about the text, by the type of its parameters."""
        asked = kind(text_document=self.identifier, **params)
        return await self.client.protocol.send_request_async(_METHODS[kind], asked)

    def at(self, words: str, inside: int = 0) -> types.Position:
        """Return the place where some words begin, or some characters later."""
        return self.position(self.text.index(words) + inside)

    def position(self, offset: int) -> types.Position:
        line = self.text.count("\n", 0, offset)
        before = self.text[self.text.rfind("\n", 0, offset) + 1 : offset]
        return types.Position(line, len(before.encode("utf-16-le")) // 2)

    def offset(self, position: types.Position) -> int:
        lines = self.text.split("\n")
        units = lines[position.line].encode("utf-16-le")[: 2 * position.character]
        before = sum(len(line) + 1 for line in lines[: position.line])
        return before + len(units.decode("utf-16-le"))

    def text_at(self, place: types.Range) -> str:
        """The text of a range."""
        return self.text[self.offset(place.start) : self.offset(place.end)]

    @property
    def whole(self) -> types.Range:
        return types.Range(types.Position(0, 0), self.position(len(self.text)))

    def replace(self, old: str, new: str) -> None:
        """Edit the text, once, as by typing over what is there."""
        start = self.text.index(old)
        place = types.Range(self.position(start), self.position(start + len(old)))
        self.text = self.text.replace(old, new, 1)
        self.change(types.TextDocumentContentChangePartial(place, new))

    def change(self, *changes: types.TextDocumentContentChangeEvent) -> None:
        self.version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                list(changes),
            )
        )

    async def until_told(self, words: str) -> None:
        """Wait until a diagnostic of the text has some words."""

        def is_told() -> bool:
            params = self.client.told.get(self.uri)
            found = params.diagnostics if params is not None else ()
            return any(words in diagnostic.message for diagnostic in found)

        await self.client.until(is_told)

    def edited(self, edit: types.WorkspaceEdit) -> str:
        """Return the text after the edits of one version of it."""
        (change,) = edit.document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.version == self.version
        return self.apply([e for e in change.edits if isinstance(e, types.TextEdit)])

    def apply(self, edits: list[types.TextEdit]) -> str:
        """Return the text after a server's edits, without sending it to the server."""
        text = self.text
        for edit in sorted(edits, key=lambda e: self.offset(e.range.start))[::-1]:
            start, end = self.offset(edit.range.start), self.offset(edit.range.end)
            text = text[:start] + edit.new_text + text[end:]
        return text

    async def diagnostics(self) -> list[types.Diagnostic]:
        """Wait for the diagnostics of the text as it is now."""
        told = self.client.told
        await self.client.until(
            lambda: self.uri in told and told[self.uri].version == self.version
        )
        return list(told[self.uri].diagnostics)

    async def codes(self) -> list[object]:
        return [diagnostic.code for diagnostic in await self.diagnostics()]

    def close(self) -> None:
        params = types.DidCloseTextDocumentParams(self.identifier)
        self.client.text_document_did_close(params)


def open_text(
    client: Client, text: str, suffix: str = ".snn", folder: Path = ROOT
) -> Document:
    """Open a text that no other test has open."""
    path = folder / f"unsaved{next(_NUMBERS)}{suffix}"
    language = "yaml" if suffix == ".yaml" else "snn"
    document = Document(client, path.as_uri(), text)
    item = types.TextDocumentItem(document.uri, language, document.version, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return document


async def start(
    config: ClientServerConfig = CONFIG,
    told: types.ClientCapabilities | None = None,
    options: object = None,
    root: Path = ROOT,
) -> Client:
    """Start a server and a client of it."""
    client = await config.start()
    assert isinstance(client, Client)
    await client.initialize_session(
        types.InitializeParams(
            told or client_capabilities(CLIENT),
            root_uri=root.as_uri(),
            initialization_options=options,
        )
    )
    return client
