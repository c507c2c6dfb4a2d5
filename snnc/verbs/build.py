"""Build the packages of specs for `snnc build`, Python callers and sweeps."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.driver import compile_file
from snnc.emit.files import FORMAT, Origin, build_command
from snnc.language.model import spec_hash
from snnc.loihi.profile import DEFAULT
from snnc.output import stale, write
from snnc.output.package import PackageFiles, origin_of
from snnc.passes import Compilation, completed, run_passes
from snnc.rules.files import PackageTaken, SameNetwork
from snnc.runtime.files import write_file
from snnc.source import Span, whole_file
from snnc.text.tables import counted, printable

MARK = "# Written by `Spec.build`, which replaces it; without this line it is yours.\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A spec to build: its path and device as typed, and its compilation."""

    path: str
    device: str
    compile: Callable[[Diagnostics], Compilation | None]


@dataclass(frozen=True, slots=True)
class Job:
    """A package to build from a spec or, if there is a ``reason``, to remove.

    ``command`` does this in a shell. ``span`` is the network's in its spec, which took
    ``seconds`` to compile.
    """

    package: PackageFiles
    command: str
    span: Span
    spec: str = ""
    seconds: float = 0.0
    reason: str = ""

    def describe(self, what: str) -> str:
        """Say what happened to the package, and how long compiling it took."""
        folder = self.package.folder.as_posix()
        return f"{self.spec}: {folder}: {what} ({1000 * self.seconds:.0f} ms)"


Mode = Literal["write", "check", "list"]
Tell = Callable[[str], object]


def ignore(line: str) -> None:
    """Discard a message: Python calls print nothing."""


@dataclass(frozen=True, slots=True)
class Build:
    """Processes the packages of specs, in the folder ``output``.

    ``write`` them, ``check`` whether they are up to date, or ``list`` the files that
    would change. ``force`` replaces edited files and packages of other specs, and
    ``tracked`` reports files that git does not track. ``say`` receives a summary of
    each package, and ``show`` the details: differences in the mode ``check``, otherwise
    paths. With ``finds_orphans``, packages whose specs no longer exist are removed.
    """

    output: Path
    mode: Mode = "write"
    force: bool = False
    tracked: bool = False
    finds_orphans: bool = True
    say: Tell = ignore
    show: Tell = ignore

    def run(
        self, specs: Sequence[Wanted], tell: Callable[[Diagnostics], object]
    ) -> bool:
        """Process the package of every spec, even if other specs have errors.

        All specs are compiled first, so that nothing is written for two networks with
        the same name. Packages to remove are processed last, and only if there are no
        errors. Otherwise a spec with a mistyped name would look removed (decision 012).

        Call ``tell`` with the diagnostics of each spec, then of packages without a
        spec, and return whether there are no errors.
        """
        attempts = [_compile(spec, self.output) for spec in specs]
        jobs = [attempt.job for attempt in attempts]
        done = []
        outdated = []
        for attempt in attempts:
            job = attempt.job
            if job is not None and self._build(job, jobs, attempt.report):
                done.append(job)
            if attempt.report.errors:
                outdated.append(attempt.place)
            tell(attempt.report)
        if len(done) == len(specs):
            outdated += self._remove(done, tell)
        if self.mode == "check" and outdated:
            self.say(f"not up to date: {', '.join(dict.fromkeys(outdated))}")
        return not outdated

    def _build(self, job: Job, jobs: Sequence[Job | None], report: Diagnostics) -> bool:
        """Write, check or list the package of a spec; return whether this succeeded."""
        warnings = report.diagnostics
        report.add(*_conflicts(job, jobs, force=self.force))
        is_done = not report.errors and self._process(job, report)
        if self.mode == "check" and not report.errors:
            for warning in warnings:  # they were shown when the package was built
                report.withdraw(warning)
        return is_done

    def _remove(
        self, done: Sequence[Job], tell: Callable[[Diagnostics], object]
    ) -> list[str]:
        """Process the packages to remove; return the files with errors."""
        report = Diagnostics()
        try:
            for job in self._removals(done):
                self._process(job, report)
        except OSError as error:
            report.add(write.cannot_write(error, self.output))
        tell(report)
        return [d.file for d in report if d.severity == "error"]

    def _removals(self, done: Sequence[Job]) -> Iterator[Job]:
        """Yield packages of renamed networks, then packages without specs."""
        built = {job.package.folder for job in done}
        again = f"snnc build --allow-empty -o {shlex.quote(self.output.as_posix())}"
        orphans = [(o, j.command) for j in done for o in stale.find_renamed(j.package)]
        if self.finds_orphans:
            orphans += [(orphan, again) for orphan in stale.find_orphans(self.output)]
        for (package, reason), command in orphans:
            if package.folder not in built:  # otherwise another spec owns it now
                span = whole_file(package.folder)
                yield Job(package, command, span, reason=reason)

    def _process(self, job: Job, report: Diagnostics) -> bool:
        modes = {"write": self._write, "check": self._check, "list": self._list}
        try:
            return modes[self.mode](job, report)
        except OSError as error:
            report.add(write.cannot_write(error, job.package.folder))
            return False

    def _write(self, job: Job, report: Diagnostics) -> bool:
        """Update or remove a package; return whether this succeeded."""
        folder = job.package.folder

        def wait(folder: Path) -> None:
            self.say(f"{folder.as_posix()}: waiting for another build")

        comparison = write.write_package(
            job.package, report, force=self.force, waiting=wait
        )
        if comparison is None:
            return False
        if job.reason:
            if comparison.removed:
                files = counted(len(comparison.removed), "file")
                self.say(f"{folder.as_posix()}: {files} removed, as {job.reason}")
            return True
        if (before := comparison.records.lock.format) < FORMAT:
            self.say(f"{folder.as_posix()}: format {before}, upgraded to {FORMAT}")
        written = counted(len(comparison.written), "file")
        removed = f", {len(comparison.removed)} removed" if comparison.removed else ""
        unchanged = len(comparison.names(write.FileState.UNCHANGED))
        self.say(job.describe(f"{written} written, {unchanged} unchanged{removed}"))
        for name in comparison.written:
            self.show(printable((folder / name).as_posix()))
        if self.tracked:
            report.extend(stale.report_untracked(job.package))
        return True

    def _check(self, job: Job, report: Diagnostics) -> bool:
        """Report a package that is out of date; return whether it can be built."""
        comparison = write.compare(job.package)
        # Differences take time, so they are computed only if they are shown.
        if self.show is not ignore and (text := stale.difference(comparison)):
            self.show(text)
        if job.reason:
            report.add(*stale.report_orphan(comparison, job.reason, job.command))
            return not report.errors
        report.add(*stale.problems(comparison, job.spec, job.package.lock, job.command))
        if self.tracked and not report.errors:
            report.extend(stale.report_untracked(job.package))
        if not report.errors:
            self.say(job.describe("up to date"))
        return not any((*write.refusals(comparison), *write.report_kept(comparison)))

    def _list(self, job: Job, report: Diagnostics) -> bool:
        """Show one line per file that a build would write or remove."""
        comparison = write.compare(job.package, force=self.force)
        is_refused = any(write.refusals(comparison))
        report.add(*write.refusals(comparison), *write.report_kept(comparison))
        plan = {"write": comparison.written, "remove": comparison.removed}
        for word, names in plan.items() if not is_refused else ():
            for name in names:
                path = (comparison.folder / name).as_posix()
                self.show(printable(f"{word} {path}"))
        return not report.errors


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The package to build from a spec, or None if the ``report`` has errors."""

    spec: str
    report: Diagnostics
    job: Job | None = None

    @property
    def place(self) -> str:
        """The path of the package, or of the spec without a package."""
        return self.spec if self.job is None else self.job.package.folder.as_posix()


def _compile(spec: Wanted, output: Path) -> _Attempt:
    started = time.perf_counter()
    report = Diagnostics()
    compilation = spec.compile(report)
    if (
        compilation is None
        or compilation.network is None
        or compilation.modules is None
    ):
        return _Attempt(spec.path, report)
    try:
        package = package_of(compilation, spec.path, spec.device, output)
    except OSError as error:  # the current folder was removed
        report.add(write.cannot_write(error, output))
        return _Attempt(spec.path, report)
    device = None if spec.device == DEFAULT else spec.device
    command = build_command(spec.path, output.as_posix(), device)
    seconds = time.perf_counter() - started
    job = Job(package, command, compilation.network.span, spec.path, seconds)
    return _Attempt(spec.path, report, job)


def package_of(
    compilation: Compilation, path: str, device: str, output: Path
) -> PackageFiles:
    """Return the package that a build of a spec would write into a folder."""
    spec = completed(compilation.spec).spec
    folder = output / spec.network
    named = None if device == DEFAULT else device
    origin = Origin.of(Path(path), output, named, origin_of(folder))
    modules = completed(compilation.modules)
    files = [module.with_header(origin) for module in modules]
    return PackageFiles.of(folder, files, spec_hash(spec), origin)


def _conflicts(
    job: Job, jobs: Sequence[Job | None], *, force: bool
) -> Iterator[Diagnostic]:
    """Report another spec whose network has the same name, or which owns the package.

    ``force`` takes the package of another spec. Names that differ only in case count
    as equal, because they name the same folder on some file systems.
    """
    name = job.package.folder.name
    for other in filter(None, jobs):
        has_name = other.package.folder.name.lower() == name.lower()
        if has_name and other.spec != job.spec:
            yield SameNetwork(span=job.span, name=name, other=other.spec)
            return
    owner = None if force else _other_owner(job.package)
    if owner is not None:
        path = job.package.folder.as_posix()
        yield PackageTaken(span=job.span, path=path, name=name, other=owner)


def _other_owner(package: PackageFiles) -> str | None:
    """Return the path of another spec that owns a package's folder, if there is one.

    The other spec must exist, and still have the network's name.
    """
    output = package.folder.parent
    spec = _spec_of(package.lock.origin, output)
    other = _spec_of(origin_of(package.folder), output)
    if spec is None or other is None or spec == other:
        return None
    if not os.path.isfile(other) or other.samefile(spec):
        return None
    compilation = compile_file(other, Diagnostics(), "resolve")
    # Without a network, errors hide the name: the spec may still have it.
    network = None if compilation is None else compilation.network
    if network is not None and network.name != package.folder.name:
        return None
    return Path(os.path.relpath(other)).as_posix()


def _spec_of(origin: Origin | None, output: Path) -> Path | None:
    return None if origin is None else origin.spec_path(output)


def write_package(
    compilation: Compilation,
    problems: Diagnostics,
    path: Path,
    device: str,
    output: Path,
    *,
    check: bool = False,
    force: bool = False,
) -> Path:
    """Write the package of a compiled spec, or check it; return the package's folder.

    Raise SpecError if the package can't be written, or is not up to date.
    """

    def emit(report: Diagnostics) -> Compilation:
        # The spec was compiled before, so only its package is made here.
        report.extend(problems)
        return run_passes(compilation, report, "emit")

    report = Diagnostics()
    mode: Mode = "check" if check else "write"
    building = Build(output, mode, force, finds_orphans=False)
    built = building.run([Wanted(path.as_posix(), device, emit)], report.extend)
    if not built or compilation.spec is None:
        raise SpecError(report.diagnostics)
    return output / compilation.spec.spec.network


def write_spec(
    text: str, path: Path, *, check: bool = False, force: bool = False
) -> None:
    """Write a spec without a file next to its package, unless another spec exists."""
    text = MARK + text
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before == text or check:
        return
    if before is not None and not before.startswith(MARK) and not force:
        raise FileExistsError(f"{path} already exists; `force=True` replaces it")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, text)
