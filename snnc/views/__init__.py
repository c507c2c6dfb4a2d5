"""Show results: as text, Markdown, HTML and tables for pandas.

Each result has a function that makes a document of it, and each format has one writer.
Importing this package fills the table of writers of `snnc.results.base`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snnc.results.adaptation import AdaptedEvaluation
from snnc.results.base import PICTURES, WRITERS, Result, to_json
from snnc.results.diff import Diff, FolderDiff
from snnc.results.evaluation import Evaluation
from snnc.results.fit import Fit
from snnc.results.report import Report
from snnc.results.sweep import Sweep
from snnc.results.tables import FolderReport, Limits, Status
from snnc.results.weights import Weights
from snnc.text.display import Json
from snnc.views import (
    adaptation,
    diff,
    evaluation,
    fit,
    pictures,
    report,
    report_page,
    sweep,
    tables,
    weights,
)
from snnc.views.document import Document
from snnc.views.html import write_html, write_page
from snnc.views.markdown import write_markdown
from snnc.views.text import write_text


@dataclass(frozen=True, slots=True)
class View:
    """How to show a kind of result.

    ``document`` makes its document, and ``records`` yields the rows of its table:
    dataclasses, or values by the names of their columns.
    """

    document: Callable[[Any], Document]
    records: Callable[[Any], Iterable[object]] | None = None


VIEWS: Mapping[type[Result], View] = {
    AdaptedEvaluation: View(adaptation.document),
    Evaluation: View(evaluation.document, evaluation.records),
    Diff: View(diff.document, diff.records),
    FolderDiff: View(diff.folder_document, lambda found: found.specs),
    Weights: View(weights.document, lambda found: found.tensors),
    FolderReport: View(tables.folder_document, lambda found: found.networks),
    Status: View(tables.status_document, lambda found: found.specs),
    Limits: View(tables.limits_document, lambda found: found.limits),
    Sweep: View(sweep.document, sweep.records),
    Report: View(report_page.document, report.records),
    Fit: View(fit.document, fit.records),
}


def document_of(result: Result) -> Document:
    """Return the document of a result."""
    return VIEWS[type(result)].document(result)


def _records(result: Result) -> Sequence[Json]:
    records = VIEWS[type(result)].records
    if records is None:
        raise NotImplementedError(f"{type(result).__name__} is no table")
    return [to_json(row) for row in records(result)]


WRITERS["text"] = lambda result: write_text(document_of(result))
WRITERS["markdown"] = lambda result: write_markdown(document_of(result))
WRITERS["html"] = lambda result: write_html(document_of(result))
WRITERS["page"] = lambda result: write_page(document_of(result), result.source)
WRITERS["csv"] = sweep.csv
PICTURES["sweep"] = sweep.draw
WRITERS["records"] = _records
PICTURES.update(pictures.DRAWN)
