"""The verb: reads a model, writes its spec and its weights, explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Report
from snnc.importer.convert import Conversion, compile_written, convert
from snnc.importer.model import Model
from snnc.importer.read import read
from snnc.importer.refusal import RefusedError, place
from snnc.importer.statements import TOP
from snnc.importer.weights import Weights
from snnc.importer.wishes import Wishes
from snnc.rules.output import CannotWrite
from snnc.runtime.files import write_file

if TYPE_CHECKING:
    from snnc.graph.logical import Network
    from snnc.importer.scales import Scales
    from snnc.importer.tensors import Stored

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What an import gave.

    Attributes
    ----------
    text :
        The spec; empty if a layer was refused.
    notes :
        Sentences for stderr.
    results :
        Those of the compiler's passes over the spec.
    """

    text: str
    conversion: Conversion
    results: Mapping[str, Any]
    notes: tuple[str, ...]


def run(
    target: str,
    wishes: Wishes,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
    say: Say,
) -> Done | None:
    """Import a model; None if it can't be read.

    Parameters
    ----------
    target :
        See `snnc.importer.read`.
    weights_file, output :
        The files to write, or None.
    report :
        Receives every problem, those of the spec included.
    """
    try:
        model, weights = read(target, say)
    except RefusedError as error:
        report.add(error.diagnostic)
        return None
    try:
        return _run(target, model, weights, wishes, weights_file, output, report)
    except RefusedError as error:
        report.add(error.at(target).diagnostic)
        return None
    finally:
        if weights is not None:
            weights.close()


def _run(
    target: str,
    model: Model,
    weights: Weights | None,
    wishes: Wishes,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
) -> Done:
    conversion = convert(model, wishes, target)
    for problem in conversion.problems:
        report.add(problem)
    written = conversion.written
    if written is None:
        return Done("", conversion, {}, ())
    name = "imported.snn" if output is None else output.as_posix()
    results = compile_written(written, name, report)
    notes = list(written.notes)
    if weights_file is not None and "lower" in results:
        found = _made(target, conversion, weights, results["infer"], report)
        if found is not None:
            made, scales = found
            written = written.at(scales.rate)
            notes += _told(conversion, scales, wishes)
            _write_weights(weights_file, made, results["infer"], report)
    if output is not None:
        _write(output, written.text, report)
    return Done(written.text, conversion, results, tuple(notes))


def _made(
    target: str,
    conversion: Conversion,
    weights: Weights | None,
    network: Network,
    report: Report,
) -> tuple[Mapping[str, Stored], Scales] | None:
    """Return the tensors of the spec; None, and a report, if there are no weights."""
    if weights is None:
        from snnc.rules.imports import NoWeights

        report.add(NoWeights(span=place(target), path=target))
        return None
    from snnc.importer.tensors import convert_weights

    return convert_weights(conversion, weights, network)


def _told(conversion: Conversion, scales: Scales, wishes: Wishes) -> Iterator[str]:
    """Say what was done so that the encoder does not clip, and what is left to do."""
    assert conversion.ends is not None
    assert conversion.written is not None
    may = f"{conversion.ends.encoder} may give up to {scales.bound:.4g}"
    if scales.encoder != 1.0:
        yield (
            f"{may}, and an encoder of 250 Hz clips at 4: its weights are divided by"
            f" {scales.encoder:g}, those of its readers multiplied; outputs stay"
        )
    if scales.rate != TOP:
        yield f"{may}: with `rate ..{scales.rate:g} Hz` its encoder does not clip"
    program = f"python -m {conversion.written.network}"
    if wishes.rewrites:
        yield (
            "with --rewrite the outputs are not Keras's: build the spec and train it"
            f" again, `{program}.train --initial` begins with these weights"
        )
        return
    yield (
        "the outputs are Keras's, before a softmax; whether rates fit the budget is a"
        f" matter of data: `{program}.calibrate`, once it is built, scales the weights"
    )


def _write_weights(
    path: Path, made: Mapping[str, Stored], network: Network, report: Report
) -> None:
    from snnc.layout import tensors
    from snnc.weights.migrate import write

    try:
        write(path, tensors(network), made)
    except OSError as error:
        _cannot_write(path, error, report)


def _write(path: Path, text: str, report: Report) -> None:
    try:
        write_file(path, text)
    except OSError as error:
        _cannot_write(path, error, report)


def _cannot_write(path: Path, error: OSError, report: Report) -> None:
    reason = error.strerror or str(error)
    report.add(CannotWrite(span=place(path), path=path.as_posix(), reason=reason))
