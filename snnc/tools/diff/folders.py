"""Compare two folders of specs, with one row per network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from snnc.diagnostics import Diagnostics
from snnc.ir.device import Profile
from snnc.syntax.files import specs_in
from snnc.syntax.revisions import PREFIX, git_specs
from snnc.text.display import Json
from snnc.text.tables import Cells, TextTable, code, human
from snnc.tools.diff.compare import compare
from snnc.tools.diff.cores import CoresRefused, CoresTaken, fit_of
from snnc.tools.diff.properties import arrow, read_version
from snnc.tools.diff.weights import Verdict

SubjectChange = Literal["added", "removed", "changed", "same", "broken"]
Fit = CoresTaken | CoresRefused | None


@dataclass(frozen=True, slots=True)
class SpecChange:
    """The change of one spec; ``path`` is relative to both folders.

    ``old`` and ``new`` are None for a missing or broken spec. ``weights`` is None
    unless both networks can be compared.
    """

    path: str
    change: SubjectChange
    old: Fit = None
    new: Fit = None
    weights: Verdict | None = None


@dataclass(frozen=True, slots=True)
class FolderDifference:
    """The changes of the specs of a folder, by path."""

    old: str
    new: str
    specs: tuple[SpecChange, ...]

    @property
    def same(self) -> bool:
        """Whether both folders have the same networks."""
        return all(spec.change == "same" for spec in self.specs)

    @property
    def broken(self) -> bool:
        """Whether any spec has errors."""
        return any(spec.change == "broken" for spec in self.specs)

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc diff OLD_FOLDER NEW_FOLDER --format json``."""
        return {
            "version": 1,
            "old": self.old,
            "new": self.new,
            "same": self.same,
            "specs": [asdict(spec) for spec in self.specs],
        }

    def __str__(self) -> str:
        lines = self._table.lines() if self.specs else []
        return "\n".join([f"{self.old} -> {self.new}", *lines])

    def markdown(self) -> str:
        """Return the table as GitHub Markdown."""
        listed = self._table.markdown().replace(r" -\> ", " → ")
        return f"{code(self.old)} → {code(self.new)}\n\n{listed}\n"

    @property
    def _table(self) -> TextTable:
        rows = [_cells(spec) for spec in self.specs]
        return TextTable.of(_HEAD, rows, {"spec", "change", "weights"})


_HEAD = ("spec", "change", "weights", "cores", "energy at most")


def _cells(spec: SpecChange) -> Cells:
    sides = [fit for fit in (spec.old, spec.new) if fit is not None]
    cores = [str(fit.cores) if fit.fits else "does not fit" for fit in sides]
    energy = [human(fit.energy_joules, "J") if fit.fits else "?" for fit in sides]
    shown = (arrow(each[0], each[-1]) if each else "" for each in (cores, energy))
    return spec.path, spec.change, spec.weights or "", *shown


def is_folder(name: str) -> bool:
    """Return whether a name is a folder or ``git:REV:FOLDER``."""
    return (
        git_specs(name) is not None if name.startswith(PREFIX) else Path(name).is_dir()
    )


def compare_folders(
    old: str, new: str, report: Diagnostics, device: Profile | None = None
) -> FolderDifference:
    """Compare the specs in two folders by path.

    ``report`` receives the problems of broken specs.
    """
    before, after = _paths(old), _paths(new)
    specs = (
        _compare(path, (before.get(path), after.get(path)), report, device)
        for path in sorted({*before, *after})
    )
    return FolderDifference(old, new, tuple(specs))


def _paths(folder: str) -> dict[str, str]:
    """Return the name to read for each path inside a folder."""
    if folder.startswith(PREFIX):
        return git_specs(folder) or {}
    root = Path(folder)
    return {path.relative_to(root).as_posix(): str(path) for path in specs_in(root)}


def _compare(
    path: str,
    names: tuple[str | None, str | None],
    report: Diagnostics,
    device: Profile | None,
) -> SpecChange:
    before, after = versions = [
        None if name is None else read_version(name, report, device) for name in names
    ]
    was, now = (None if v is None else fit_of(v) for v in versions)
    if any(n and v is None for n, v in zip(names, versions, strict=True)):
        return SpecChange(path, "broken", was, now)
    if before is None or after is None:
        return SpecChange(path, "removed" if after is None else "added", was, now)
    difference = compare(before, after)
    change: SubjectChange = "same" if difference.same else "changed"
    return SpecChange(path, change, was, now, difference.weights)
