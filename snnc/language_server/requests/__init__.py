"""What a client may ask: each request, and the function that answers it."""

from __future__ import annotations

from lsprotocol import types

from snnc.language_server.requests import costs, mending, naming, reading, writing
from snnc.language_server.server import SpecServer
from snnc.language_server.settings import SECTION


def create_server(device: str | None = None) -> SpecServer:
    """Make a server with all that it answers, ready to be started.

    ``device`` is what is compiled for unless the client says otherwise.
    """
    server = SpecServer(device)
    for register in (_life, _texts):
        register(server)
    for family in (costs, reading, writing, naming, mending):
        family.register(server)
    return server


def _life(server: SpecServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.begin(params)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        server.analyses.warm_up()
        await _configure(server)

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.was_shut_down = True

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: types.DidChangeConfigurationParams) -> None:
        server.configure(params.settings)
        await _configure(server)


async def _configure(server: SpecServer) -> None:
    """Ask a client that can tell it for its settings."""
    if not server.supports("workspace.configuration"):
        return
    items = [types.ConfigurationItem(section=SECTION)]
    found = await server.workspace_configuration_async(types.ConfigurationParams(items))
    server.configure(next(iter(found), None))


def _texts(server: SpecServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.open(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        server.change(document.uri, document.version, params.content_changes)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)
