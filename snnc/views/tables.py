"""The documents of results that are one table."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.results.tables import FolderReport, Limits, NetworkRow, Status, StatusRow
from snnc.text.tables import Cells, TextTable, cell, counted, joules, percent, printable
from snnc.views.document import HTML, TEXT, Part, Sentence, Table, Title

FOLDER = ("spec", "network", "cores", "chips", "energy at most", "fits", "package")
STATUS = ("spec", "fits", "cores", "package", "weights", "accuracy")


def folder_document(folder: FolderReport) -> Iterator[Part]:
    """Yield a row per network, and the total of the cores."""
    rows = list(map(_network, folder.networks))
    yield Table(TextTable.of(FOLDER, rows, {"spec", "network", "fits", "package"}))
    total = counted(sum(row.cores or 0 for row in folder.networks), "core")
    yield Sentence(f"{counted(len(folder.networks), 'network')}, {total}", TEXT)


def _network(row: NetworkRow) -> Cells:
    return (
        row.spec,
        row.network or "",
        cell(row.cores),
        cell(row.chips),
        joules(row.energy_joules or 0.0) if row.cores else "",
        _fits(row),
        row.package or "",
    )


def _fits(row: NetworkRow | StatusRow) -> str:
    if row.cores is None:
        return counted(row.problems, "error")
    return "yes" if row.fits else "no"


def status_document(status: Status) -> Iterator[Part]:
    """Yield a row per spec."""
    rows = list(map(_state, status.specs))
    yield Table(TextTable.of(STATUS, rows, {"spec", "fits", "package", "weights"}))


def _state(row: StatusRow) -> Cells:
    return (
        row.spec,
        _fits(row),
        cell(row.cores),
        row.package or "",
        row.weights or "none",
        cell(row.accuracy, percent),
    )


def limits_document(limits: Limits) -> Iterator[Part]:
    """Yield a row per limit."""
    yield Title(f"Limits of {limits.device}", HTML)
    rows = []
    for limit in limits.limits:
        # Don't round: every digit of a count matters.
        values = (f"{v:g}" if isinstance(v, float) else str(v) for v in limit.values)
        amount = f"{', '.join(values)} {limit.unit}".rstrip()
        rows.append((limit.limit, amount, limit.source))
    head = ("limit", printable(limits.device), "source")
    table = TextTable.of(head, rows, ("limit", "source"))
    yield Table(table, code_columns=())
