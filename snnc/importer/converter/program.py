"""The program that runs the Converter, in a process of its own, which can be stopped.

Its arguments are those of `snnc.importer.reader`, then seconds and bytes that it may
take. It tells what became of each layer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from snnc.importer.converter.ask import words
from snnc.importer.messages import refusal_message
from snnc.importer.model import NOWHERE, RefusedModelError
from snnc.importer.process import ProcessLimit, limit
from snnc.importer.reader import called, failed, loaded, quiet_channel
from snnc.rules.models import ConverterStopped


def main(how: str, target: str, processor: str, memory: str) -> None:
    """Answer on stdout."""
    channel = quiet_channel()
    most = ProcessLimit(int(processor), int(memory))
    limit(most)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    try:
        model = _model(how, target)
        with _looking_for_no_gpus():
            from snnc.importer.converter.run_converter import convert

        trials = convert(model)
    except RefusedModelError as error:
        channel.send(refusal_message(error.diagnostic))
    except MemoryError:
        reason = f"they take more than {most.memory // 2**30} GiB of memory"
        stopped = ConverterStopped(span=NOWHERE, path=target, reason=reason)
        channel.send(refusal_message(stopped))
    else:
        outcomes = {name: astuple(trial) for name, trial in trials.items()}
        channel.send({"trials": outcomes})


@contextmanager
def _looking_for_no_gpus() -> Iterator[None]:
    """Let NengoDL, while it is imported, find none, of which one step makes no use.

    It would import TensorFlow in one more process, which takes seconds.
    """
    genuine = subprocess.call
    subprocess.call = lambda *_: 1
    try:
        yield
    finally:
        subprocess.call = genuine


def _model(how: str, target: str) -> Any:
    """Build the Keras model, with random weights where there are none."""
    try:
        if how == "call":
            return called(target)
        return loaded(target) if how == "load" else _of_file(Path(target))
    except (RefusedModelError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise failed(how, target, f"TensorFlow: {words(error)}") from error


def _of_file(file: Path) -> Any:
    from keras.saving.serialization_lib import (
        SafeModeScope,
    )
    from tensorflow import keras

    with SafeModeScope(safe_mode=True), file.open("rb") as opened:
        if opened.read(1) not in (b"{", b'"', b" ", b"\n"):
            return keras.models.load_model(file, compile=False)
        text = file.read_text(encoding="utf-8")
        value = json.loads(text)
        return keras.models.model_from_json(value if isinstance(value, str) else text)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(*sys.argv[1:])
