"""The program that reads a model, in a process of its own, which can be stopped.

Its arguments are how to read and what: ``file PATH``, and perhaps the path of another
file that has the weights; or, where code has to run for it, ``load FOLDER`` for a
SavedModel and ``call module:function``. It tells the model, then
the arrays of each layer that it is asked for, until nobody asks any more.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from snnc.importer.files import Read, read_file
from snnc.importer.messages import Channel, model_message, refusal_message
from snnc.importer.model import ModelWeights
from snnc.importer.process import MEMORY, limit, of_file
from snnc.importer.refusal import NOWHERE, RefusedModelError
from snnc.rules.files import FileUnreadable
from snnc.rules.models import ReadingStopped


def main(how: str, target: str, weights: str = "") -> None:
    """Answer on stdout; what the code of others prints goes to stderr."""
    channel = quiet_channel()
    with refusing(channel, target):
        if how == "file":
            limit(of_file(*map(Path, filter(None, (target, weights)))))
            _tell(channel, target, read_file(Path(target), target, weights))
            return
        from snnc.importer.called import made_by_code

        # Else the folder of the model would stay.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        with made_by_code(how, target) as read:
            _tell(channel, target, read)


def quiet_channel() -> Channel:
    """Take stdin and stdout away from whatever else would use them."""
    channel = Channel(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return channel


@contextmanager
def refusing(channel: Channel, target: str) -> Iterator[None]:
    """Tell why what is read within is refused."""
    try:
        yield
    except RefusedModelError as error:
        channel.send(refusal_message(error.diagnostic))
    except OSError as error:
        reason = error.strerror or str(error)
        unreadable = FileUnreadable(span=NOWHERE, name=target, reason=reason)
        channel.send(refusal_message(unreadable))
    except MemoryError:
        memory = f"{MEMORY // 2**30} GiB of memory"
        stopped = ReadingStopped(span=NOWHERE, path=target, limit=memory)
        channel.send(refusal_message(stopped))


def _tell(channel: Channel, target: str, read: Read) -> None:
    model, weights = read
    channel.send(model_message(model, weights is not None))
    if weights is not None:
        answer(channel, target, weights)


def answer(channel: Channel, target: str, weights: ModelWeights) -> None:
    """Give the arrays of each layer that is asked for, until nobody asks any more."""
    with weights, suppress(EOFError):
        while True:
            layer = channel.receive()
            with refusing(channel, target):
                channel.send_arrays(weights.of(layer))


if __name__ == "__main__":
    # Ctrl-C reaches this process too, and a caller that ended listens no more.
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(*sys.argv[1:])
