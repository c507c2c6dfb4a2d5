"""The log has what is wrong with the server, not what a user may not do."""

from __future__ import annotations

import logging

from pygls.exceptions import JsonRpcInvalidParams

from snnc.language_server.server import SpecServer


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
