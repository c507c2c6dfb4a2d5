"""Whether the package on disk belongs to another spec than the one that is built."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Report
from snnc.emit.origin import repo_around
from snnc.emit.owned import Lock, Package
from snnc.emit.owned.disk import read as read_text
from snnc.emit.owned.lock import NAME
from snnc.passes import compile_spec
from snnc.source.read import read


def rival_of(package: Package, network: str) -> str | None:
    """Return the other spec whose package stands in a package's folder.

    Parameters
    ----------
    package
        What is to be written.
    network
        The name of its network.

    Returns
    -------
    str or None
        The path as the lock tells it; None if the package is this spec's, or if the
        other spec is gone or names another network by now.
    """
    ours, lock = package.lock.origin, _lock(package.folder)
    theirs = None if lock is None else lock.origin
    if ours is None or theirs is None or theirs.output != ours.output:
        return None
    if theirs.spec == ours.spec:
        return None
    repo = repo_around(package.folder.parent)
    other, own = repo / theirs.spec, repo / ours.spec
    if not other.is_file() or other.samefile(own):
        return None
    return theirs.spec if _name_of(other) in (None, network) else None


def _lock(folder: Path) -> Lock | None:
    try:
        found = read_text(folder / NAME)
    except OSError:  # the build itself reports what can't be read
        return None
    return Lock.parse(found) if isinstance(found, str) else None


def _name_of(spec: Path) -> str | None:
    """The name of a spec's network; None where errors hide it."""
    unseen = Report()
    source = read(spec, unseen)
    results = {} if source is None else compile_spec(source, unseen, through="infer")
    found = results.get("infer")
    return None if found is None else str(found.name)
