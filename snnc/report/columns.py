"""Tables of text in columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from snnc.source.printable import printable

Cells = tuple[str, ...]


def columns(head: Cells, rows: Sequence[Cells], left: Collection[str]) -> Iterator[str]:
    """Lay out a table, without the columns in which nothing stands.

    Parameters
    ----------
    head
        The columns' names.
    rows
        As many cells each as ``head`` has; whatever they hold, a row is one line.
    left
        Names of the columns that are aligned to the left.
    """
    head, rows = without_empty(head, [tuple(map(printable, row)) for row in rows])
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (
            cell.ljust(width) if name in left else cell.rjust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def without_empty(head: Cells, rows: Sequence[Cells]) -> tuple[Cells, list[Cells]]:
    """Leave out the columns in which nothing stands."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    head, *rest = (tuple(row[i] for i in kept) for row in (head, *rows))
    return head, rest
