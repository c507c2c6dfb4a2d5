"""Whether the package on disk belongs to another spec than the one that is built."""

from __future__ import annotations

import os
from pathlib import Path

from snnc.diagnostics import Report
from snnc.driver import compile_file
from snnc.emit.owned import Package
from snnc.emit.owned.records import origin_of


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
    output = package.folder.parent
    ours, theirs = package.lock.origin, origin_of(package.folder)
    own = None if ours is None else ours.spec_path(output)
    other = None if theirs is None else theirs.spec_path(output)
    if own is None or theirs is None or other is None or own == other:
        return None
    if not os.path.isfile(other) or other.samefile(own):
        return None
    return theirs.spec if _name_of(other) in (None, network) else None


def _name_of(spec: Path) -> str | None:
    """The name of a spec's network; None where errors hide it."""
    made = compile_file(spec, Report(), "infer")
    return None if made is None or made.network is None else made.network.name
