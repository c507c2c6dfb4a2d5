"""What `snnc build --check` says of a package."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.emit.owned.compare import Comparison, Row, State
from snnc.emit.owned.lock import NAME
from snnc.emit.owned.orphans import Orphan
from snnc.emit.owned.write import kept, nowhere, refusals
from snnc.rules.output import LeftOver, Missing, Stale, Unfinished

_SHOWN = (State.STALE, State.MISSING, State.EDITED, State.LEFT_OVER)


def problems(comparison: Comparison, spec: str, command: str) -> Iterator[Diagnostic]:
    """Report each way in which a package is not what its spec gives.

    Of a package that a build left unfinished, stale and missing files are not
    reported one by one: they are what that means.

    Parameters
    ----------
    spec
        The path of the spec, as the user typed it.
    command
        What to type to bring the package up to date.
    """
    folder = comparison.folder.as_posix()
    yield from refusals(comparison)
    yield from kept(comparison)
    if comparison.unfinished or comparison.mixed:
        yield Unfinished(span=nowhere(folder), folder=folder, command=command)
    elif comparison.is_absent:
        yield Missing(span=nowhere(folder), path=folder, command=command)
    else:
        yield from _of_files(comparison, spec, command)


def _of_files(comparison: Comparison, spec: str, command: str) -> Iterator[Diagnostic]:
    found = [row for row in comparison.rows if row.state is not State.UNCHANGED]
    for row in found:
        # That the lock differs as well goes without saying.
        if row.name != NAME or len(found) == 1:
            yield from _of_file(comparison.folder / row.name, row, spec, command)


def _of_file(path: Path, row: Row, spec: str, command: str) -> Iterator[Diagnostic]:
    name = path.as_posix()
    span = nowhere(name)
    if row.state is State.STALE:
        yield Stale(span=span, path=name, spec=spec, command=command)
    elif row.state is State.MISSING:
        yield Missing(span=span, path=name, command=command)
    elif row.state is State.LEFT_OVER:
        reason = f"`{spec}` gives no such file"
        yield LeftOver(span=span, path=name, reason=reason, command=command)


def orphaned(
    orphan: Orphan, comparison: Comparison, command: str
) -> Iterator[Diagnostic]:
    """Report a package that should be gone, once, and what was edited in it."""
    yield from kept(comparison)
    path = orphan.package.folder.as_posix()
    if comparison.names(State.LEFT_OVER):
        yield LeftOver(
            span=nowhere(path), path=path, reason=orphan.reason, command=command
        )


def difference(comparison: Comparison) -> str:
    """Return a unified diff from what is there to what should be.

    ``git apply -p0`` and ``patch -p0`` take it.
    """
    return "".join(
        text
        for row in comparison.rows
        if row.state in _SHOWN
        for text in _diff(comparison.folder / row.name, row)
    )


def _diff(path: Path, row: Row) -> Iterator[str]:
    lines = difflib.unified_diff(
        (row.found or "").splitlines(keepends=True),
        (row.wanted or "").splitlines(keepends=True),
        "/dev/null" if row.found is None else path.as_posix(),
        "/dev/null" if row.wanted is None else path.as_posix(),
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
