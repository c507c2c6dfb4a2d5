"""The process that reads a model, from outside: its limits, its answers, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeVar

from snnc.importer.messages import Channel, model_of, refusal_of
from snnc.importer.model import NOWHERE, KerasModel, ModelWeights, RefusedModelError
from snnc.rules.models import DamagedModel, ReadingStopped

if TYPE_CHECKING:
    from snnc.importer.model import Arrays


MEMORY = 2 * 2**30
"""Bytes of the process: an array of the largest size, and what surrounds it."""
SECONDS = 10
BYTES_PER_SECOND = 20 * 2**20
"""VGG16 (553 MB), which takes a second, may take 36."""
CLOCK = 6
"""Seconds by the clock for each second of a processor: disks and other programs."""
_START = (
    "import sys; sys.path[:] = [p for p in sys.path if p] + [sys.argv.pop(1)];"
    " import runpy; runpy.run_module(sys.argv.pop(1), None, '__main__', True)"
)
"""Runs a module as ``python -P -m`` does, which Python 3.10 does not know."""


@dataclass(frozen=True, slots=True)
class ProcessLimit:
    """What a process may take.

    Attributes
    ----------
    processor :
        Seconds; the process then ends by SIGXCPU.
    memory :
        Bytes, above which allocation fails.
    """

    processor: int
    memory: int


def of_file(*files: Path) -> ProcessLimit:
    """Return what reading files may take."""
    size = sum(file.stat().st_size for file in files)
    return ProcessLimit(SECONDS + size // BYTES_PER_SECOND, MEMORY)


def limit(most: ProcessLimit) -> None:
    """Have the system stop this process; where it can't, only the clock does."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, most.processor)
    _lower(resource.RLIMIT_AS, most.memory)


def _lower(kind: int, value: int) -> None:
    import resource

    soft, hard = resource.getrlimit(kind)
    if soft < 0 or soft > value:  # below 0: no limit
        with suppress(ValueError, OSError):  # macOS does not limit memory
            resource.setrlimit(kind, (value, hard))


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of snnc's in a new process.

    Neither the module nor what it imports is taken from the current folder, which may
    be a stranger's: a `tensorflow.py` in it is not TensorFlow.
    """
    root = str(Path(__file__).resolve().parents[2])
    return [sys.executable, "-c", _START, root, module, *arguments]


PATIENCE = 5.0
"""Seconds in which code that nobody waits for may end by itself."""

Answer = TypeVar("Answer")


class Child:
    """A running program of snnc's.

    Parameters
    ----------
    module, arguments :
        The program, how to get a model, and from what.
    limit :
        By which the clock stops it, for each answer; None for code that may take as
        long as it likes.
    ended :
        Says by its status why there is no answer any more, and whether it was late.
    """

    def __init__(
        self,
        module: str,
        arguments: tuple[str, ...],
        limit: ProcessLimit | None,
        ended: Callable[[int, bool], Exception],
    ) -> None:
        self._limit, self._ended = limit, ended
        self._is_late = False
        # The stacks of more threads would count as memory of the process.
        threads = {} if limit is None else {"OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipes = self._process.stdout, self._process.stdin
        self.channel = Channel(*self._pipes)

    def answer(self, receive: Callable[[], Answer]) -> Answer:
        """Return what the channel gives in time; else raise what ``ended`` says."""
        timer = None
        if self._limit is not None:
            timer = Timer(CLOCK * self._limit.processor, self._stop)
            timer.daemon = True
            timer.start()
        try:
            return receive()
        except (EOFError, BrokenPipeError) as error:
            status = self._process.wait()
            late = self._is_late or status == -getattr(signal, "SIGXCPU", 0)
            raise self._ended(status, late) from error
        finally:
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """End the process: a limited one has nothing to put away, code may have."""
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        if self._limit is not None:
            self._process.kill()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _stop(self) -> None:
        self._is_late = True
        self._process.kill()


class ModelReader(ModelWeights):
    """A running `snnc.importer.reader`, and the weights that it reads.

    Parameters
    ----------
    how, target, weights :
        Its arguments. What is a file has to be read in limited time; code may take as
        long as it likes.
    """

    module = "snnc.importer.reader"

    def __init__(self, how: str, target: str, weights: str = "") -> None:
        self._how, self._target = how, target
        files = map(Path, filter(None, (target, weights)))
        self._limit = of_file(*files) if how == "file" else None
        arguments = (how, target, weights) if weights else (how, target)
        self._shares: dict[str, str] = {}
        self._child = Child(self.module, arguments, self._limit, self._ended)

    def read(self) -> tuple[KerasModel, ModelWeights | None]:
        """Return the model, and its weights if it has any; see `snnc.importer.read`."""
        try:
            model, has_weights = self._child.answer(self._receive_model)
        except RefusedModelError as error:
            self.close()
            raise error.at(self._target) from error
        except BaseException:
            self.close()
            raise
        self._shares = {la.name: la.shares for la in model.layers if la.shares}
        if has_weights:
            return model, self
        self.close()
        return model, None

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        owner = self._shares.get(layer, layer)
        return self._child.answer(lambda: self._receive_arrays(owner))

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def _receive_model(self) -> tuple[KerasModel, bool]:
        message = self._child.channel.receive()
        if "refused" in message:
            raise refusal_of(message)
        self.take_more(message)
        return model_of(message), bool(message["has_weights"])

    def take_more(self, message: Mapping[str, Any]) -> None:
        """Take what else a program tells with its model; here nothing."""

    def _receive_arrays(self, layer: str) -> Arrays:
        channel = self._child.channel
        channel.send(layer)
        message = channel.receive()
        if "refused" in message:
            raise refusal_of(message)
        return channel.receive_arrays(message)

    def _ended(self, status: int, is_late: bool) -> Exception:
        """Return why there is no answer any more, by the status of the process."""
        if is_late:
            limit = f"{0 if self._limit is None else self._limit.processor} s"
            return RefusedModelError(
                ReadingStopped(span=NOWHERE, path=self._target, limit=limit)
            )
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with {status}"
        if self._how != "file":
            from snnc.importer.reader import failed

            return failed(self._how, self._target, f"its process ended {how}")
        if status < 0:
            reason = f"the library that reads it ended {how}"
            return RefusedModelError(
                DamagedModel(span=NOWHERE, path=self._target, reason=reason)
            )
        return RuntimeError(f"the process that reads models ended {how}")
