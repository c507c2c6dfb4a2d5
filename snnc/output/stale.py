"""What `snnc build --check` says of a package."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.emit.files import FORMAT
from snnc.emit.origin import Origin
from snnc.output.compare import Comparison, Row, State
from snnc.output.formats import older
from snnc.output.lock import NAME
from snnc.output.orphans import Orphan
from snnc.output.write import kept, nowhere, refusals
from snnc.rules.output import (
    LeftOver,
    Missing,
    OtherOrigin,
    Stale,
    Unfinished,
    UnresolvedMerge,
)
from snnc.text.units import counted

_SHOWN = (State.STALE, State.MISSING, State.EDITED, State.LEFT_OVER)


def problems(
    comparison: Comparison, spec: str, origin: Origin | None, command: str
) -> Iterator[Diagnostic]:
    """Report each way in which a package is not what its spec gives.

    Of a package that a build left unfinished, stale and missing files are not
    reported one by one: they are what that means.

    Parameters
    ----------
    spec
        The path of the spec, as the user typed it.
    origin
        Where the package should come from, as its lock would tell.
    command
        What to type to bring the package up to date.
    """
    folder = comparison.folder.as_posix()
    yield from refusals(comparison)
    yield from kept(comparison)
    if comparison.is_newer:
        return
    if comparison.merging:
        yield UnresolvedMerge(span=nowhere(folder), path=folder, command=command)
    elif comparison.unfinished or comparison.mixed:
        yield Unfinished(span=nowhere(folder), folder=folder, command=command)
    elif comparison.is_absent:
        yield Missing(span=nowhere(folder), path=folder, command=command)
    elif comparison.lock is not None and comparison.format < FORMAT:
        yield older(comparison.folder, comparison.lock, command)
    else:
        yield from _of_files(comparison, spec, origin, command)


def _of_files(
    comparison: Comparison, spec: str, origin: Origin | None, command: str
) -> Iterator[Diagnostic]:
    found = [row for row in comparison.rows if row.state is not State.UNCHANGED]
    built = comparison.origin
    if built is not None and built != origin and comparison.names(State.STALE):
        # Every header tells where it comes from: that is one problem, not ten.
        yield _of_origin(comparison.folder.as_posix(), built, origin, command)
        found = [row for row in found if row.state is not State.STALE]
    for row in found:
        # That the lock differs as well goes without saying.
        if row.name != NAME or len(found) == 1:
            yield from _of_file(comparison.folder / row.name, row, spec, command)


def _of_origin(
    folder: str, built: Origin, wanted: Origin | None, command: str
) -> Diagnostic:
    spec, device = (None, None) if wanted is None else (wanted.spec, wanted.device)
    return OtherOrigin(
        span=nowhere(folder),
        path=folder,
        built=built.spec,
        wanted=spec or "",
        device=built.device or "",
        chosen=device or "",
        command=command,
    )


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
    yield from refusals(comparison)
    yield from kept(comparison)
    path = orphan.package.folder.as_posix()
    if comparison.names(State.LEFT_OVER):
        yield LeftOver(
            span=nowhere(path), path=path, reason=orphan.reason, command=command
        )


def difference(comparison: Comparison) -> str:
    """Return a unified diff from what is there to what should be.

    ``git apply -p0`` and ``patch -p0`` take it. A file that comes or goes as a whole
    is one line, for its text tells nothing that the spec does not. Of a package that
    is in another format, or badly merged, it would tell nothing: it is empty then.
    """
    if comparison.merging or comparison.format != FORMAT:
        return ""
    return "".join(
        text
        for row in comparison.rows
        if row.state in _SHOWN
        for text in _diff(comparison.folder / row.name, row)
    )


def _diff(path: Path, row: Row) -> Iterator[str]:
    name = path.as_posix()
    if row.found is None or row.wanted is None:
        word, text = ("add", row.wanted) if row.found is None else ("remove", row.found)
        yield f"{word} {name} ({counted(len((text or '').splitlines()), 'line')})\n"
        return
    lines = difflib.unified_diff(
        row.found.splitlines(keepends=True),
        row.wanted.splitlines(keepends=True),
        name,
        name,
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
