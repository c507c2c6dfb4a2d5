"""Reads files of models in threads.

A process for each would start Python, import NumPy and h5py, and read a small file.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from snnc.importer import process
from snnc.importer.messages import Channel
from snnc.importer.process import ProcessLimit

Answer = TypeVar("Answer")
PROGRAMS = ("snnc.importer.reader", "snnc.nir.program")
_of_thread = threading.local()


RealChild = process.Child


def patches() -> dict[str, Any]:
    """Return what stands in for what, by full names."""
    fakes: dict[str, Any] = {"snnc.importer.process.Child": child}
    for program in PROGRAMS:
        fakes[f"{program}.quiet_channel"] = lambda: _of_thread.channel
        fakes[f"{program}.limit"] = lambda most: None
    return fakes


def child(
    module: str,
    arguments: tuple[str, ...],
    limit: ProcessLimit | None,
    ended: Callable[[int, bool], Exception],
) -> process.Child | ThreadChild:
    """Start a program; the code of users still gets a process."""
    if limit is None:
        return RealChild(module, arguments, limit, ended)
    return ThreadChild(module, arguments)


class ThreadChild:
    """A program of snnc's in a thread: it tells what it would tell as a process."""

    def __init__(self, module: str, arguments: tuple[str, ...]) -> None:
        self._ours, self._theirs = socket.socketpair()
        self.channel = _channel(self._ours)
        self._failure: BaseException | None = None
        main = import_module(module).main
        self._thread = threading.Thread(
            target=self._run, args=(main, arguments), daemon=True
        )
        self._thread.start()

    def answer(self, receive: Callable[[], Answer]) -> Answer:
        try:
            return receive()
        except (EOFError, BrokenPipeError):
            self._thread.join()
            assert self._failure is not None
            raise self._failure from None

    def close(self) -> None:
        self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._ours.close()

    def _run(self, main: Callable[..., None], arguments: tuple[str, ...]) -> None:
        _of_thread.channel = _channel(self._theirs)
        try:
            main(*arguments)
        except BrokenPipeError:
            pass
        except BaseException as error:
            self._failure = error
        finally:
            self._theirs.shutdown(socket.SHUT_RDWR)
            self._theirs.close()


def _channel(end: socket.socket) -> Channel:
    return Channel(end.makefile("rb"), end.makefile("wb"))
