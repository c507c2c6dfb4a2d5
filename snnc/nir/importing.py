"""Imports a graph of NIR: its own spec again, or one made of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Report
from snnc.importer.process import ModelReader
from snnc.importer.read import check_file
from snnc.importer.refusal import NOWHERE, RefusedModelError
from snnc.importer.request import ImportRequest
from snnc.rules.files import FileMissing, FileUnreadable

if TYPE_CHECKING:
    from snnc.importer.outcome import ImportOutcome


class GraphReader(ModelReader):
    """A running `snnc.nir.program`; ``nir`` is what it tells beside the model."""

    module = "snnc.nir.program"
    nir: Mapping[str, Any]

    def take_more(self, message: Mapping[str, Any]) -> None:
        """Take what else the program tells."""
        self.nir = message["nir"]


@dataclass(frozen=True, slots=True)
class Restored:
    """The spec that a graph was exported from, and what to say."""

    text: str
    notes: tuple[str, ...]


def run(
    target: str,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
    takes_spec: bool = True,
) -> ImportOutcome | Restored | None:
    """Import a graph; None if it can't be read, or the files not be written.

    Parameters
    ----------
    target
        The file.
    weights_file, output
        The files to write, or None.
    report
        Receives every problem.
    takes_spec
        Whether the spec in a file that snnc exported is the one that is wanted.
    """
    reader = None
    try:
        reader = _start(target)
        from snnc.importer.outcome import outcome

        model, weights = reader.read()
        assert weights is not None
        spec = reader.nir["facts"].get("spec")
        if spec and takes_spec:
            own_spec = _restore(reader, spec, request, weights_file, output, report)
            if own_spec is not None or report.errors:
                return own_spec
        done = outcome(target, model, weights, request, weights_file, output, report)
        return (
            done
            if done is None
            else _with_notes(done, reader, bool(spec and takes_spec))
        )
    except RefusedModelError as error:
        report.add(error.at(target).diagnostic)
        return None
    finally:
        if reader is not None:
            reader.close()


def _start(target: str) -> GraphReader:
    try:
        check_file(Path(target), target)
        return GraphReader("file", target)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RefusedModelError(FileMissing(span=NOWHERE, name=target)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refusal = FileUnreadable(span=NOWHERE, name=target, reason=reason)
        raise RefusedModelError(refusal) from error


def _restore(
    reader: GraphReader,
    spec: str,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
) -> Restored | None:
    from snnc.importer.outcome import write_all
    from snnc.ir.layout import tensors
    from snnc.nir.restore import restored
    from snnc.weights.migrate import serialized

    network = restored(spec, reader.nir, reader.of, request.device)
    if network is None:
        return None
    lowered, values = network
    contents = {}
    if weights_file is not None:
        layout = tensors(lowered.network)
        contents[weights_file] = serialized(layout, values, "imported")
    if output is not None:
        contents[output] = spec.encode("utf-8")
    if not write_all(contents, report):
        return None
    note = "the spec is the one that the graph was exported from, which it carries"
    return Restored(spec, (note,))


def _with_notes(
    done: ImportOutcome, reader: GraphReader, has_spec: bool
) -> ImportOutcome:
    from dataclasses import replace

    notes = tuple(dict.fromkeys(reader.nir["notes"]))
    if has_spec:
        changed = (
            "the graph is no longer that of the spec which it carries: this one is made"
            " of its nodes"
        )
        notes = (changed, *notes)
    return replace(done, notes=(*done.notes, *notes, RESETS))


RESETS = (
    "neurons of the chip go back to 0 when they fire and forget what they had above"
    " their threshold, where sinabs and Spyx take the threshold off: at a rate R that"
    " costs about R dt / 2 of it, 7 % at 150 Hz; `snnc calibrate` brings rates into"
    " their range"
)
