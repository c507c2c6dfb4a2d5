"""Show results: as text, Markdown, HTML and tables for pandas.

Each result has a function that makes a document of it, and each format has one writer.
Importing this package fills the table of writers of `snnc.results.base`. Each writer
imports what it needs when it runs, because most commands show one result.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from snnc.results.base import WRITERS, Result, to_json
from snnc.text.display import Json
from snnc.views.document import Document
from snnc.views.markdown import format_markdown
from snnc.views.text import format_text


@dataclass(frozen=True, slots=True)
class View:
    """How to show a kind of result.

    ``document`` makes its document, and ``records`` yields the rows of its table:
    dataclasses, or values by the names of their columns.
    """

    document: Callable[[Any], Document]
    records: Callable[[Any], Iterable[object]]


def _adaptation() -> View:
    from snnc.views import adaptation

    return View(adaptation.document, adaptation.records)


def _evaluation() -> View:
    from snnc.views import evaluation

    return View(evaluation.document, evaluation.records)


def _diff() -> View:
    from snnc.views import diff

    return View(diff.document, diff.records)


def _folder_diff() -> View:
    from snnc.views import diff

    return View(diff.folder_document, attrgetter("specs"))


def _weights() -> View:
    from snnc.views import weights

    return View(weights.document, attrgetter("tensors"))


def _migration() -> View:
    from snnc.views import weights

    return View(weights.migration_document, attrgetter("tensors"))


def _calibration() -> View:
    from snnc.views import calibration

    return View(calibration.document, attrgetter("layers"))


def _folder_report() -> View:
    from snnc.views import tables

    return View(tables.folder_document, attrgetter("networks"))


def _status() -> View:
    from snnc.views import tables

    return View(tables.status_document, attrgetter("specs"))


def _limits() -> View:
    from snnc.views import tables

    return View(tables.limits_document, attrgetter("limits"))


def _sweep() -> View:
    from snnc.views import sweep

    return View(sweep.document, sweep.records)


def _training() -> View:
    from snnc.views import training

    return View(training.document, training.records)


def _report() -> View:
    from snnc.views import report

    return View(report.document, report.records)


def _fit() -> View:
    from snnc.views import fit

    return View(fit.document, fit.records)


VIEWS: Mapping[str, Callable[[], View]] = {
    "AdaptedEvaluation": _adaptation,
    "Evaluation": _evaluation,
    "Diff": _diff,
    "FolderDiff": _folder_diff,
    "Weights": _weights,
    "Migration": _migration,
    "Calibration": _calibration,
    "FolderReport": _folder_report,
    "Status": _status,
    "Limits": _limits,
    "Sweep": _sweep,
    "Training": _training,
    "Report": _report,
    "Fit": _fit,
}
"""The view of each result, by the name of its class."""


def view_of(result: Result) -> View:
    """Return how to show a result."""
    return VIEWS[type(result).__name__]()


def document_of(result: Result) -> Document:
    """Return the document of a result."""
    return view_of(result).document(result)


def _text(result: Result) -> str:
    return format_text(document_of(result))


def _markdown(result: Result) -> str:
    return format_markdown(document_of(result))


def _html(result: Result) -> str:
    from snnc.views.html import format_html

    return format_html(document_of(result))


def _page(result: Any) -> str:
    from snnc.views.html import format_page

    return format_page(document_of(result), result.source)


def _records(result: Result) -> Sequence[Json]:
    return [to_json(row) for row in view_of(result).records(result)]


def _draw(picture: str, *data: Any) -> Any:
    from snnc.views import pictures

    return pictures.DRAWN[picture](*data)


def unpickled(kind: Callable[..., object], values: Mapping[str, object]) -> object:
    """Return a result with the given values of its fields."""
    return kind(**values)


WRITERS.update(
    text=_text,
    markdown=_markdown,
    html=_html,
    page=_page,
    records=_records,
    picture=_draw,
    unpickled=unpickled,
)
