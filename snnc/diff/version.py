"""One side of a comparison: a spec, of a file or of git, as far as it compiles."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from snnc import rules
from snnc.diagnostics import Diagnostic, Report
from snnc.diagnostics.diagnostic import Severity
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.ir.logical import Network
from snnc.ir.mapped import MappedNetwork
from snnc.language.model import Spec
from snnc.passes import Compilation
from snnc.source import LARGEST, SourceFile, Span, whole_file
from snnc.syntax.files import can_format, decode, is_spec, read

PREFIX = "git:"


@dataclass(frozen=True, slots=True)
class Version:
    """A sound network and its place on the chip; ``refusal`` if it does not fit."""

    source: str
    spec: Spec
    network: Network
    mapped: MappedNetwork | None
    refusal: Diagnostic | None


def compile_version(
    source: SourceFile, report: Report, device: Profile | None = None
) -> Version | None:
    """Compile a spec for comparison.

    Parameters
    ----------
    source
        The spec.
    report
        Receives the diagnostics of a spec that can't be compared. That a network
        does not fit its chip is no obstacle and is not reported: the comparison
        says so.
    device
        What both are compiled for; None for Loihi 1.

    Returns
    -------
    Version or None
        None if the spec has errors.
    """
    own = Report()
    made = compile_spec(source, own, "place", device)
    version = version_of(made, own)
    if version is None:
        report.extend(own.diagnostics)
    return version


def version_of(made: Compilation, report: Report) -> Version | None:
    """Return what was compiled down to its cores, with what was reported of that.

    None if the spec has errors.
    """
    if made.spec is None or made.lowered is None:
        return None
    refusals = (d for d in report.diagnostics if d.severity is Severity.ERROR)
    return Version(
        source=made.source.name,
        spec=made.spec.spec,
        network=made.lowered.network,
        mapped=made.mapped,
        refusal=next(refusals, None),
    )


def read_revision(revision: str, path: str, report: Report) -> SourceFile | None:
    """Read a spec from git, without touching the working tree.

    Parameters
    ----------
    revision
        A branch, tag or commit as git names them; empty for what is staged.
    path
        From the repository's root; ``./path`` from the current directory.
    report
        Gets a diagnostic of the family SNN7xx if the file can't be read.

    Returns
    -------
    SourceFile or None
        Named ``REV:path``; None if it can't be read.
    """
    name = f"{revision}:{path}"
    try:
        data = _blob(revision, path, whole_file(name))
    except FileNotFoundError:
        data = rules.files.GitMissing(span=whole_file(name))
    if isinstance(data, Diagnostic):
        report.add(data)
        return None
    return decode(name, data, report)


def git_specs(folder: str) -> dict[str, str] | None:
    """Find the specs in ``git:REV:FOLDER``.

    Returns
    -------
    dict of str, or None
        ``git:REV:PATH`` by the path inside the folder; None if it is not a folder.
    """
    name = folder.removeprefix(PREFIX).rstrip("/")
    if name.startswith("-") or _git("cat-file", "-t", name).stdout.strip() != b"tree":
        return None
    listed = _git("ls-tree", "-r", "-z", "--name-only", name).stdout
    inside = name if name.endswith(":") else f"{name}/"
    paths = listed.decode("utf-8", "surrogateescape").split("\0")
    return {
        path: f"{PREFIX}{inside}{path}"
        for path in filter(can_format, paths)
        if is_spec(path, partial(_content, f"{inside}{path}"))
    }


def _content(name: str) -> bytes:
    return _git("show", "--no-textconv", name).stdout


def read_spec(spec: str, report: Report) -> SourceFile | None:
    """Read a spec from a file, or from git where its name is ``git:REV:PATH``.

    Raises
    ------
    ValueError
        If it names neither; the text says what to type.
    """
    if spec.startswith(PREFIX):
        revision, colon, path = spec.removeprefix(PREFIX).partition(":")
        if not colon or not path:
            raise ValueError(f"{spec}: write git:REV:PATH, or ./{spec} for a file")
        return read_revision(revision, path, report)
    revision, colon, path = spec.partition(":")
    if colon and path and len(revision) > 1 and not Path(spec).exists():
        raise ValueError(f"there is no file {spec}: write git:{spec} for a revision")
    return read(spec, report)


def _blob(revision: str, path: str, span: Span) -> bytes | Diagnostic:
    """The content of a file of a revision, or what stands in the way."""
    name = span.source.name
    family = rules.files
    inside = _git("rev-parse", "--git-dir")
    if inside.returncode:
        return family.NotARepository(span=span, reason=_reason(inside))
    if revision and not _exists(revision):
        return family.UnknownRevision(span=span, revision=revision)
    kind = _git("cat-file", "-t", name).stdout.strip()
    if kind == b"tree":
        return rules.files.FileIsDirectory(span=span, name=name)
    if kind != b"blob":
        return family.NotInRevision(span=span, revision=revision, path=path)
    size = int(_git("cat-file", "-s", name).stdout)
    if size > LARGEST:
        return rules.files.FileTooLarge(span=span, size=size, limit=LARGEST)
    return _content(name)


def _exists(revision: str) -> bool:
    """Whether git knows a revision; what looks like an option is none."""
    if revision.startswith("-"):
        return False
    wanted = f"{revision}^{{tree}}"
    return not _git("rev-parse", "--verify", "--quiet", wanted).returncode


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git without a shell, a pager or a translation."""
    return subprocess.run(
        ["git", "--no-pager", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """The first line of git's complaint, without its word for it."""
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "git gives no reason"
