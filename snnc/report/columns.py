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
    rows = [tuple(map(printable, row)) for row in rows]
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    widths = {i: max(len(row[i]) for row in (head, *rows)) for i in kept}
    for row in (head, *rows):
        cells = (
            row[i].ljust(widths[i]) if head[i] in left else row[i].rjust(widths[i])
            for i in kept
        )
        yield "  ".join(cells).rstrip()
