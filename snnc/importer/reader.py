"""The program that reads a model, in a process of its own, which can be stopped.

Its arguments are how to read and what: ``file PATH``, and perhaps the path of another
file that has the weights; or, where code has to run for it, ``load FOLDER`` for a
SavedModel and ``call module:function``. It tells the model, then
the arrays of each layer that it is asked for, until nobody asks any more.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from snnc.importer.files import Read, read_file, read_hdf5
from snnc.importer.messages import Channel, model_message, refusal_message
from snnc.importer.model import NOWHERE, ModelWeights, RefusedModelError
from snnc.importer.process import MEMORY, limit, of_file
from snnc.rules.files import FileUnreadable
from snnc.rules.models import CodeFailed, ReadingStopped
from snnc.text.near import only_near


@contextmanager
def made_by_code(how: str, target: str) -> Iterator[Read]:
    """Get a model and read what Keras saves of it, in a folder that goes at the end.

    Parameters
    ----------
    how :
        ``call`` a ``module:function``, or ``load`` the folder of a SavedModel.

    Raises
    ------
    RefusedModelError
        If there is none; a traceback on stderr shows where the code of others failed.
    """
    with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
        file = Path(folder) / "model.h5"
        try:
            model = called(target) if how == "call" else loaded(target)
            if not hasattr(model, "save") or not hasattr(model, "get_config"):
                raise TypeError(f"a {type(model).__name__} in place of a Keras model")
            model.save(file)
        except RefusedModelError:
            raise
        except (Exception, SystemExit) as error:
            _show(error)
            reason = " ".join(str(error).split())[:500]
            kind = type(error).__name__
            raise failed(
                how, target, f"{kind}: {reason}" if reason else kind
            ) from error
        yield read_hdf5(file, target)


def failed(how: str, target: str, reason: str, meant: str = "") -> RefusedModelError:
    """Refuse what gives no model, and say what to check, or was meant."""
    way_out = "load it in Keras and save it with `model.save('model.keras')`"
    if how == "call":
        module, function = target.split(":")
        way_out = (
            f"check that `from {module} import {function}` works in this folder, and"
            f" that `{function}()` returns a Keras model"
        )
    if meant:
        way_out = f"did you mean `snnc import {meant}`?"
    return RefusedModelError(
        CodeFailed(span=NOWHERE, path=target, reason=reason, way_out=way_out)
    )


def called(target: str) -> Any:
    """Return what a function of the user's gives."""
    module, function = target.split(":")
    sys.path.insert(0, os.getcwd())
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # code in it imports something else
        near = only_near(module, (path.stem for path in Path().glob("*.py")))
        meant = f"{near}:{function}" if near else ""
        reason = f"there is no module `{error.name}`"
        raise failed("call", target, reason, meant) from error
    if not hasattr(imported, function):
        near = only_near(function, vars(imported))
        meant = f"{module}:{near}" if near else ""
        raise failed("call", target, f"`{module}` has no `{function}`", meant)
    return getattr(imported, function)()


def loaded(folder: str) -> Any:
    """Return the model of a SavedModel."""
    from tensorflow import keras

    try:
        return keras.models.load_model(folder)
    except Exception:  # a loss or an optimizer of the user's own
        return keras.models.load_model(folder, compile=False)


def _show(error: BaseException) -> None:
    """Print a traceback that begins where the code of others does."""
    trace = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _is_ours(file: str) -> bool:
    return file == __file__ or "importlib" in file


def main(how: str, target: str, weights: str = "") -> None:
    """Answer on stdout; what the code of others prints goes to stderr."""
    channel = quiet_channel()
    with refusing(channel, target):
        if how == "file":
            limit(of_file(*map(Path, filter(None, (target, weights)))))
            _tell(channel, target, read_file(Path(target), target, weights))
            return

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
