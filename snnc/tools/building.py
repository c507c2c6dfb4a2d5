"""Build the packages of specs for `snnc build`, Python callers and sweeps.

All specs are compiled. Each package is passed to an action, unless another spec owns
the package. The actions are `Write`, `Check` and `DryRun`.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.emit.files import FORMAT, Origin, build_command
from snnc.ir.logical import LogicalNetwork
from snnc.language.model import spec_hash
from snnc.output import Comparison, PackageFiles, compare
from snnc.output.records import origin_of
from snnc.output.stale import (
    Orphan,
    difference,
    find_orphans,
    find_renamed,
    problems,
    report_orphan,
    report_untracked,
)
from snnc.output.write import (
    WrittenFiles,
    cannot_write,
    plan_changes,
    refusals,
    report_kept,
    write_package,
)
from snnc.passes import Compilation
from snnc.rules.output import PackageTaken, SameNetwork
from snnc.text.tables import counted, printable


@dataclass(frozen=True, slots=True)
class Wanted:
    """A spec to build: its path as typed, its device, and a function that compiles it.

    If ``device`` is None, the target is Loihi 1.
    """

    path: str
    device: str | None
    compile: Callable[[Diagnostics], Compilation | None]


@dataclass(frozen=True, slots=True)
class Job:
    """A spec's package, and how long compiling the spec took."""

    spec: Wanted
    package: PackageFiles
    seconds: float

    @property
    def command(self) -> str:
        """The command that writes the package, quoted for a shell."""
        output = self.package.folder.parent.as_posix()
        return build_command(self.spec.path, output, self.spec.device)

    @property
    def milliseconds(self) -> str:
        return f"{1000 * self.seconds:.0f} ms"


class Action(Protocol):
    """An action for every package of a run."""

    def package(self, job: Job, report: Diagnostics) -> bool:
        """Process the package of a spec; return False if building it would fail."""

    def orphan(self, orphan: Orphan, command: str, report: Diagnostics) -> None:
        """Process a package to remove; ``command`` is the command that removes it."""


def rival_of(package: PackageFiles, network: str) -> str | None:
    """Return the path of another spec that owns a package's folder.

    Parameters
    ----------
    package
        The package to write.
    network
        The name of the package's network.

    Returns
    -------
    str or None
        The path in the lock. None if this spec owns the package, or if the other spec
        no longer exists or now has another network name.
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
    """Return the name of a spec's network; None if errors make it unknown."""
    made = compile_file(spec, Diagnostics(), "resolve")
    return None if made is None or made.network is None else made.network.name


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A valid spec: its job, and its report, which may contain warnings."""

    job: Job
    network: LogicalNetwork


def build_specs(
    specs: Sequence[Wanted],
    output: Path,
    action: Action,
    tell: Callable[[Diagnostics], object],
    sweep: bool = True,
    force: bool = False,
) -> bool:
    """Apply an action to the package of every spec, even if other specs have errors.

    All specs are compiled first, so that nothing is written for two networks with the
    same name. Packages to remove are processed last, and only if there are no errors.
    Otherwise a spec with a mistyped name would look removed.

    Parameters
    ----------
    output
        The folder that contains the packages' folders.
    tell
        Called with the diagnostics of each spec, then with those of packages without a
        spec.
    sweep
        Whether to include packages whose specs no longer exist.
    force
        Whether a package of another spec may be replaced.

    Returns
    -------
    bool
        Whether no error was reported.
    """
    reports = [Diagnostics() for _ in specs]
    compiled = [_compile(*pair, output) for pair in zip(specs, reports, strict=True)]
    _refuse_same_names(compiled, reports)
    done = []
    for made, report in zip(compiled, reports, strict=True):
        if made is not None and not (report.errors or _is_taken(made, force, report)):
            done += [made.job] if action.package(made.job, report) else []
        tell(report)
    if len(done) == len(specs):
        last = Diagnostics()
        _do_orphans(done, output, sweep, action, last)
        tell(last)
        reports.append(last)
    return not any(report.errors for report in reports)


def _compile(spec: Wanted, report: Diagnostics, output: Path) -> _Compiled | None:
    started = time.perf_counter()
    made = spec.compile(report)
    if made is None or made.network is None or made.modules is None:
        return None
    try:
        package = package_of(made, spec.path, spec.device, output)
    except OSError as error:  # the current folder was removed
        report.add(cannot_write(error, output))
        return None
    job = Job(spec, package, time.perf_counter() - started)
    return _Compiled(job, made.network)


def package_of(
    made: Compilation, path: str, device: str | None, output: Path
) -> PackageFiles:
    """Return the package that a build of a spec would write into a folder."""
    assert made.spec is not None
    assert made.modules is not None
    folder = output / made.spec.spec.network
    origin = Origin.of(Path(path), output, device, origin_of(folder))
    files = [module.with_header(origin) for module in made.modules]
    return PackageFiles.of(folder, files, spec_hash(made.spec.spec), origin)


def _refuse_same_names(
    compiled: Sequence[_Compiled | None], reports: Sequence[Diagnostics]
) -> None:
    """Report each of several networks whose folders differ only in case."""
    for made, report in zip(compiled, reports, strict=True):
        other = made and _namesake(made, compiled)
        if made and other:
            name, span = made.network.name, made.network.span
            report.add(SameNetwork(span=span, name=name, other=other))


def _namesake(of: _Compiled, among: Sequence[_Compiled | None]) -> str | None:
    """Return the first other spec whose network has the same name."""
    name, spec = of.network.name.lower(), of.job.spec.path
    others = (o for o in among if o is not None and o.job.spec.path != spec)
    same = (o.job.spec.path for o in others if o.network.name.lower() == name)
    return next(same, None)


def _is_taken(made: _Compiled, force: bool, report: Diagnostics) -> bool:
    """Return, and report, whether the package belongs to another spec."""
    package, name = made.job.package, made.network.name
    other = None if force else rival_of(package, name)
    if other is None:
        return False
    path, span = package.folder.as_posix(), made.network.span
    report.add(PackageTaken(span=span, path=path, name=name, other=other))
    return True


def _do_orphans(
    done: Sequence[Job], output: Path, sweep: bool, action: Action, report: Diagnostics
) -> None:
    """Process packages of renamed networks, then packages without specs."""
    built = {job.package.folder for job in done}
    try:
        orphans = [
            (orphan, job.command)
            for job in done
            for orphan in find_renamed(job.package)
        ]
        if sweep:
            again = _nothing_into(output)  # the command without specs
            orphans += [(orphan, again) for orphan in find_orphans(output)]
        for orphan, command in orphans:
            if orphan.package.folder not in built:  # otherwise another spec owns it now
                action.orphan(orphan, command, report)
    except OSError as error:
        report.add(cannot_write(error, output))


def _nothing_into(output: Path) -> str:
    """Return the command that removes packages whose specs no longer exist."""
    return f"snnc build --allow-empty -o {shlex.quote(output.as_posix())}"


Tell = Callable[[str], object]


def _ignore(line: str) -> None:
    """Discard a message: Python calls print nothing."""


@dataclass(frozen=True, slots=True)
class Check:
    """Report packages that are out of date.

    With ``tracked``, also report files that git does not track. ``say`` receives a line
    for each package that is up to date, and ``show`` the differences of other packages.
    """

    tracked: bool = False
    say: Tell = _ignore
    show: Tell | None = None

    def package(self, job: Job, report: Diagnostics) -> bool:
        comparison = _compare(job.package, report)
        if comparison is None:
            return False
        self._print(comparison)
        lock = job.package.lock
        report.add(*problems(comparison, job.spec.path, lock, job.command))
        if self.tracked and not report.errors:
            report.extend(report_untracked(job.package))
        if not report.errors:
            folder = comparison.folder.as_posix()
            self.say(f"{job.spec.path}: {folder}: up to date ({job.milliseconds})")
        return not any((*refusals(comparison), *report_kept(comparison)))

    def orphan(self, orphan: Orphan, command: str, report: Diagnostics) -> None:
        comparison = _compare(orphan.package, report)
        if comparison is None:
            return
        self._print(comparison)
        report.add(*report_orphan(orphan, comparison, command))

    def _print(self, comparison: Comparison) -> None:
        if self.show is not None and (text := difference(comparison)):
            self.show(text)


def _compare(
    package: PackageFiles, report: Diagnostics, force: bool = False
) -> Comparison | None:
    try:
        return compare(package, force)
    except OSError as error:
        report.add(cannot_write(error, package.folder))
        return None


@dataclass(frozen=True, slots=True)
class DryRun:
    """Show one line per file that a build would write or remove."""

    force: bool
    show: Tell

    def package(self, job: Job, report: Diagnostics) -> bool:
        self._list(job.package, report)
        return not report.errors

    def orphan(self, orphan: Orphan, command: str, report: Diagnostics) -> None:
        self._list(orphan.package, report)

    def _list(self, package: PackageFiles, report: Diagnostics) -> None:
        comparison = _compare(package, report, self.force)
        if comparison is None:
            return
        refused = list(refusals(comparison))
        report.add(*refused, *report_kept(comparison))
        if not refused:
            for line in _list_changes(plan_changes(comparison), package.folder):
                self.show(line)


def _list_changes(plan: WrittenFiles, folder: Path) -> Iterator[str]:
    for word, names in (("write", plan.written), ("remove", plan.removed)):
        for name in names:
            yield printable(f"{word} {(folder / name).as_posix()}")


@dataclass(frozen=True, slots=True)
class Write:
    """Update a package.

    With ``tracked``, also report the files that git does not track after the build.
    ``say`` receives a summary of each package, and ``show`` the path of each written
    file.
    """

    force: bool
    tracked: bool = False
    say: Tell = _ignore
    show: Tell = _ignore

    def package(self, job: Job, report: Diagnostics) -> bool:
        folder = job.package.folder
        done = write_package(job.package, self.force, report, self._wait)
        if done is None:
            return False
        if done.before < FORMAT:
            self.say(f"{folder.as_posix()}: format {done.before}, upgraded to {FORMAT}")
        summary = f"{_count(done)} ({job.milliseconds})"
        self.say(f"{job.spec.path}: {folder.as_posix()}: {summary}")
        for name in done.written:
            self.show(printable((folder / name).as_posix()))
        if self.tracked:
            report.extend(report_untracked(job.package))
        return True

    def orphan(self, orphan: Orphan, command: str, report: Diagnostics) -> None:
        folder = orphan.package.folder
        done = write_package(orphan.package, self.force, report, self._wait)
        if done is not None and done.removed:
            files = counted(len(done.removed), "file")
            self.say(f"{folder.as_posix()}: {files} removed, as {orphan.reason}")

    def _wait(self, folder: Path) -> None:
        self.say(f"{folder.as_posix()}: waiting for another build")


def _count(done: WrittenFiles) -> str:
    text = (
        f"{counted(len(done.written), 'file')} written, {len(done.unchanged)} unchanged"
    )
    return f"{text}, {len(done.removed)} removed" if done.removed else text
