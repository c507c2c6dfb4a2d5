"""The document of a training: its phases, and the weights that it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

from snnc.results.training import Training
from snnc.text.display import Json
from snnc.text.tables import TextTable, cell
from snnc.views.document import EVERYWHERE, Part, Sentence, Table, Title


def document(training: Training) -> Iterator[Part]:
    """Yield the metrics of the phases and of the kept weights, and their file."""
    yield Title(f"{training.network}, trained in {training.seconds:.0f} s", EVERYWHERE)
    rows = list(records(training))
    head = tuple(dict.fromkeys(chain.from_iterable(rows)))
    cells = [tuple(_write(row.get(key)) for key in head) for row in rows]
    yield Table(TextTable.of(head, cells, {"phase"}))
    if training.file is not None:
        yield Sentence(f"weights: {training.file.as_posix()}")


def _write(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else cell(value)


def records(training: Training) -> Iterator[Json]:
    """Yield the metrics after each phase, and those of the weights that are kept."""
    end_of_all = ("", len(training.history.get("loss", ())))
    spans = pairwise([*training.phases, end_of_all])
    several = zip(spans, training.phase_seconds, strict=True)
    for ((phase, start), (_, end)), seconds in several:
        # A phase without epochs has no metrics, and not all phases have the same.
        metrics = {
            metric: values[end - 1]
            for metric, values in training.history.items()
            if start < end <= len(values)
        }
        yield {
            "phase": phase,
            "seconds": round(seconds, 1),
            "epochs": end - start,
            **metrics,
        }
    if training.kept:
        yield {"phase": "kept weights", **training.kept}
