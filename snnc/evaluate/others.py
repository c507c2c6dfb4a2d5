"""Runs the package's own ``evaluate.py``: nengo, nengo_dl, or nengo-loihi's emulator.

One example comes after another there, the state is carried over, and all are in
memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from snnc.evaluate.refusals import MissingExtraError, RefusedError
from snnc.evaluate.result import Layer, Moment, Result, Score, Work
from snnc.evaluate.subject import Subject
from snnc.exact.package import build
from snnc.exact.refusals import OtherLayoutError
from snnc.runtime.data import Examples

Simulator = Literal["loihi", "nengo", "nengo_dl"]


def run_other(
    subject: Subject,
    weights: Path,
    examples: Examples,
    simulator: Simulator,
    progress: Callable[[int], None],
) -> Result:
    """Return what the package's ``evaluate`` found; its seconds are yet 0.

    Raises
    ------
    RefusedError
        If it refuses the data, the weights or the simulator.
    """
    program = subject.evaluate
    if simulator not in program.SIMULATORS:
        raise RefusedError(
            f"this network has no simulator {simulator}, only "
            f"{', '.join(program.SIMULATORS)}: its spec says `target nengo`"
        )
    subject.load_weights(weights)
    told = 0

    def tell(done: int, _: int) -> None:
        nonlocal told
        progress(done - told)
        told = done

    refused = getattr(program, "RefusedError", RefusedError)
    try:
        found = program.evaluate(
            examples[:], examples.y, weights, simulator, progress=tell
        )
    except ModuleNotFoundError as error:
        if error.name is None:
            raise RefusedError(error) from error
        raise MissingExtraError([error.name], "all") from error
    except refused as error:
        raise RefusedError(error) from error
    except subject.layout.LayoutError as error:
        raise OtherLayoutError(error) from error
    except AssertionError:
        # Nengo-loihi says no more where it can't store weights; this does.
        build(subject.network, weights).simulator.close()
        raise
    return _result(found, subject, simulator)


def _result(found: dict[str, Any], subject: Subject, simulator: Simulator) -> Result:
    scores = (
        ("accuracy", "accuracy_interval", "keras_accuracy", "agreement")
        if subject.classifies
        else ("rmse", "accuracy_interval", "keras_rmse", "difference")
    )
    value, interval, keras, agreement = (found.get(name) for name in scores)
    assert value is not None
    bounds = None if interval is None else (interval[0], interval[1])
    moments = found.get(f"{scores[0]}_over_time", ())
    return Result(
        network=subject.name,
        simulator=simulator,
        presentation="row",
        examples=found["examples"],
        steps=found["steps"],
        classifies=subject.classifies,
        score=Score(value, bounds, keras, agreement),
        over_time=tuple(Moment(m["steps"], m[scores[0]]) for m in moments),
        layers=tuple(_layer(layer) for layer in found["layers"]),
        spikes=found.get("spikes"),
        work=_work(found),
        clipped=found["clipped"],
        overflows=None,
        cores=found.get("cores"),
        seconds=0.0,
    )


def _layer(found: dict[str, Any]) -> Layer:
    """What a package says of a layer; an older one says less."""
    values: dict[str, Any] = {f.name: found.get(f.name) for f in fields(Layer)}
    return Layer(**values)


def _work(found: dict[str, Any]) -> Work | None:
    values: dict[str, Any] = {f.name: found.get(f.name) for f in fields(Work)}
    return None if None in values.values() else Work(**values)
