"""The verb: reads a model, and writes its spec and its weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Report
from snnc.importer.read import start
from snnc.importer.refusal import RefusedError
from snnc.importer.wishes import Wishes

if TYPE_CHECKING:
    from snnc.importer.outcome import Outcome


def run(
    target: str,
    wishes: Wishes,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
    say: Callable[[str], None],
) -> Outcome | None:
    """Import a model; None if it can't be read, or the files not be written.

    Parameters
    ----------
    target :
        See `snnc.importer.read`.
    weights_file, output :
        The files to write, or None; of two of them, both are written or none.
    report :
        Receives every problem, those of the spec included.
    """
    reader = None
    try:
        reader = start(target, say)
        # The compiler is loaded while another process reads the model.
        from snnc.importer.outcome import outcome

        model, weights = reader.read()
        return outcome(target, model, weights, wishes, weights_file, output, report)
    except RefusedError as error:
        report.add(error.at(target).diagnostic)
        return None
    finally:
        if reader is not None:
            reader.close()
