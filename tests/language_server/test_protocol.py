"""Requests of the wrong shape, or at the wrong time, are answered by an error.

An end without `shutdown` is a failure. The log has what is wrong with the server, not
what a user may not do.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from snnc.language_server.buffers import Buffer
from snnc.language_server.server import SpecServer
from tests.support import ROOT

pytestmark = pytest.mark.xdist_group("language_server")
HOVER = "textDocument/hover"
INVALID_PARAMS, NOT_INITIALIZED = -32602, -32002
METHOD_NOT_FOUND, INVALID_REQUEST = -32601, -32600


class Server:
    """A server that is written to byte by byte."""

    def __init__(self) -> None:
        self.is_shut_down = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "snnc", "lsp"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def ask(self, number: int, method: str, **more: Any) -> dict[str, Any]:
        """Send a request, and return its answer without notifications."""
        self.send(id=number, method=method, **more)
        while (message := self._read()).get("id") != number or "method" in message:
            pass
        return message

    def code(self, number: int, method: str, **more: Any) -> int:
        found: int = self.ask(number, method, **more)["error"]["code"]
        return found

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.send(method="exit")
    server.process.communicate(timeout=20)
    assert server.process.returncode == (0 if server.is_shut_down else 1)


def test_each_request_is_answered(server: Server) -> None:
    assert server.code(1, HOVER, params={}) == INVALID_PARAMS
    place = {"textDocument": {"uri": "x.snn"}, "position": {"line": 0, "character": 0}}
    assert server.code(2, HOVER, params=place) == NOT_INITIALIZED
    assert server.code(3, "shutdown") == NOT_INITIALIZED
    wrong: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": 5}
    assert server.code(4, "initialize", params=wrong) == INVALID_PARAMS
    right: dict[str, Any] = {**wrong, "capabilities": {}}
    assert "result" in server.ask(5, "initialize", params=right)
    several: tuple[Any, ...] = (None, [], 3, {"textDocument": 5})
    for number, params in enumerate(several, 6):
        assert server.code(number, HOVER, params=params) == INVALID_PARAMS
    assert server.code(10, HOVER) == INVALID_PARAMS
    assert server.code(11, "textDocument/unknown") == METHOD_NOT_FOUND
    assert server.ask(12, HOVER, params=place)["result"] is None
    assert server.ask(13, "shutdown")["result"] is None
    server.is_shut_down = True
    assert server.code(14, HOVER, params=place) == INVALID_REQUEST


def test_lone_surrogate_is_refused() -> None:
    item = types.TextDocumentItem("file:///x.snn", "snn", 1, 'about "\ud800"\r\n')
    assert Buffer.of(item).source.text == 'about "?"\n'


def test_a_refused_rename_is_not_logged() -> None:
    logger = logging.getLogger("pygls.protocol.json_rpc")
    before = list(logger.filters)
    try:
        SpecServer()
        told = []
        for error in (JsonRpcInvalidParams("a: a reason"), ValueError("a bug")):
            entry = logging.makeLogRecord({"exc_info": (type(error), error, None)})
            told.append(bool(logger.filter(entry)))
    finally:
        logger.filters[:] = before
    assert told == [False, True]
