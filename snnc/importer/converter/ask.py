"""Asks for what the Converter makes of a model: a process tells, or is stopped."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from snnc.diagnostics import Report
from snnc.importer.messages import refusal_of
from snnc.importer.model import NOWHERE, RefusedModelError
from snnc.importer.process import CONVERTER, Child, ProcessLimit
from snnc.importer.read import how_to_read
from snnc.rules.models import ConverterStopped

PACKAGES = {
    "tensorflow": "TensorFlow",
    "nengo_dl": "nengo-dl",
    "nengo_loihi": "nengo-loihi",
}
PIP = "pip install 'snnc[dl,loihi]'"


def missing() -> str:
    """Return what to install before the Converter can run; empty if all is there."""
    absent = [name for module, name in PACKAGES.items() if find_spec(module) is None]
    if not absent:
        return ""
    return f"--converter runs {', '.join(absent)}: type `{PIP}`, on Python 3.10 or 3.11"


def ask(
    target: str, report: Report, say: Callable[[str], None]
) -> Mapping[str, ConverterTrial]:
    """Return what became of each layer that the Converter reached, by its full name.

    Parameters
    ----------
    target :
        See `snnc.importer.read`: TensorFlow has to be able to build it.
    report :
        Receives why not, if it can't, or takes too long or too much memory; then
        nothing is returned.
    """
    say(f"note: TensorFlow loads `{target}` for the Converter, and may run code in it")
    how = how_to_read(Path(target), target, lambda sentence: None)
    limits = str(CONVERTER.processor), str(CONVERTER.memory)
    child = Child(
        "snnc.importer.converter.program",
        (how, target, *limits),
        CONVERTER,
        ConverterEnded(target, CONVERTER),
    )
    try:
        message = child.answer(child.channel.receive)
        if "refused" in message:
            raise refusal_of(message)
    except RefusedModelError as error:
        report.add(error.at(target).diagnostic)
        return {}
    finally:
        child.close()
    return {name: ConverterTrial(*values) for name, values in message["trials"].items()}


class ConverterEnded:
    """Says why the process told nothing."""

    def __init__(self, target: str, limit: ProcessLimit) -> None:
        self._target, self._limit = target, limit

    def __call__(self, status: int, is_late: bool) -> Exception:
        reason = f"their process ended with {status}"
        if is_late:
            reason = f"they take more than {self._limit.processor} s"
        elif status < 0:
            # TensorFlow aborts where it gets no memory.
            reason = (
                f"their process ended by {signal.Signals(-status).name}, as it does"
                f" where {self._limit.memory // 2**30} GiB of memory are not enough"
            )
        return RefusedModelError(
            ConverterStopped(span=NOWHERE, path=self._target, reason=reason)
        )


@dataclass(frozen=True, slots=True)
class ConverterTrial:
    """What became of a layer.

    Attributes
    ----------
    converter :
        What `nengo_dl.Converter` made of it: Nengo objects alone (``native``), a
        ``TensorNode`` for the layer or its activation, or an exception.
    loihi :
        Whether `nengo_loihi.Simulator` builds that and makes a step.
    why :
        The libraries' own words if not, else where the layer runs; may be empty.
    """

    converter: Literal["native", "TensorNode", "exception"]
    loihi: Literal["builds", "refused"]
    why: str


def words(error: BaseException | Warning | str) -> str:
    """Return what a library says, as one line of limited length without a full stop."""
    said = re.sub(r" at 0x[0-9a-f]+", "", " ".join(str(error).split()))
    said = said[:300].rstrip(".")
    if not isinstance(error, Exception) or isinstance(error, Warning):
        return said
    kind = type(error).__name__
    return f"{kind}: {said}" if said else kind
