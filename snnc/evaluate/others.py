"""Runs the package's own ``evaluate.py``: nengo, nengo_dl, or nengo-loihi's emulator.

One example comes after another there, the state is carried over, and all are in
memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from snnc.evaluate.refusals import MissingExtraError, RefusedError
from snnc.evaluate.task import Task
from snnc.runtime.results import Result

Simulator = Literal["loihi", "nengo", "nengo_dl"]


def run_other(
    task: Task, simulator: Simulator, progress: Callable[[int], None]
) -> Result:
    """Return what the package's ``evaluate`` found.

    Raises
    ------
    RefusedError
        If it refuses the network or the simulator.
    """
    package, examples = task.package, task.examples
    if not package.network.for_loihi and simulator == "loihi":
        raise RefusedError(
            "this network has no simulator loihi, only nengo and nengo_dl: its spec "
            "says `target nengo`"
        )
    told = 0

    def tell(done: int, _: int) -> None:
        nonlocal told
        progress(done - told)
        told = done

    try:
        result: Result = package.module("evaluate").evaluate(
            examples[:], examples.y, task.tensors, simulator, progress=tell
        )
    except ModuleNotFoundError as error:
        if error.name is None:
            raise RefusedError(error) from error
        raise MissingExtraError([error.name], "all") from error
    except package.library("simulators").RefusedError as error:
        raise RefusedError(error) from error
    return result
