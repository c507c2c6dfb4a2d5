"""Read specs from git."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.rules import files as family
from snnc.source import LARGEST, SourceFile, Span, whole_file
from snnc.syntax.files import can_format, decode, is_spec, read

PREFIX = "git:"


def read_revision(revision: str, path: str, report: Diagnostics) -> SourceFile | None:
    """Read a spec from git, without touching the working tree; call it ``REV:path``.

    The revision is a branch, tag or commit, or empty for the staged file. The path is
    relative to the repository root; ``./path`` is relative to the current directory. If
    the file can't be read, report SNN7xx, and return None.
    """
    name = f"{revision}:{path}"
    try:
        data = _blob(revision, path, whole_file(name))
    except FileNotFoundError:
        data = family.GitMissing(span=whole_file(name))
    if isinstance(data, Diagnostic):
        report.add(data)
        return None
    return decode(name, data, report)


def git_specs(folder: str) -> dict[str, str] | None:
    """Find the specs in ``git:REV:FOLDER``, by their path inside the folder.

    Return None if the path is not a folder.
    """
    name = folder.removeprefix(PREFIX).rstrip("/")
    if name.startswith("-") or _git("cat-file", "-t", name).stdout.strip() != b"tree":
        return None
    # `-z`: without it, git quotes unusual names.
    listed = _git("ls-tree", "-rz", "--full-tree", "--name-only", name).stdout
    inside = name if name.endswith(":") else f"{name}/"
    paths = listed.decode("utf-8", "surrogateescape").split("\0")
    return {
        path: f"{PREFIX}{inside}{path}"
        for path in filter(can_format, paths)
        if is_spec(path, partial(_content, f"{inside}{path}"))
    }


def _content(name: str) -> bytes:
    # A textconv filter of the repository would run a program, and change the text.
    return _git("show", "--no-textconv", name).stdout


def read_spec(spec: str, report: Diagnostics) -> SourceFile | None:
    """Read a spec from a file, or from git if its name is ``git:REV:PATH``.

    Raise ValueError, which says what to type, if the name is neither.
    """
    if spec.startswith(PREFIX):
        revision, colon, path = spec.removeprefix(PREFIX).partition(":")
        if not colon or not path:
            raise ValueError(f"{spec}: write git:REV:PATH, or ./{spec} for a file")
        return read_revision(revision, path, report)
    revision, colon, path = spec.partition(":")
    # A single letter before the colon is a drive of Windows.
    if colon and path and len(revision) > 1 and not Path(spec).exists():
        raise ValueError(f"there is no file {spec}: write git:{spec} for a revision")
    return read(spec, report)


def _blob(revision: str, path: str, span: Span) -> bytes | Diagnostic:
    """Return the content of a file in a revision, or describe why it can't be read."""
    name = span.source.name
    inside = _git("rev-parse", "--git-dir")
    if inside.returncode:
        return family.NotARepository(span=span, reason=_reason(inside))
    if revision and not _is_revision(revision):
        return family.UnknownRevision(span=span, revision=revision)
    kind = _git("cat-file", "-t", name).stdout.strip()
    if kind == b"tree":
        return family.FileIsDirectory(span=span)
    if kind != b"blob":
        return family.NotInRevision(span=span, revision=revision, path=path)
    # Ask for the size before git writes the whole file into memory.
    size = int(_git("cat-file", "-s", name).stdout)
    if size > LARGEST:
        return family.FileTooLarge(span=span, size=size, limit=LARGEST)
    return _content(name)


def _is_revision(text: str) -> bool:
    if text.startswith("-"):  # git would read it as an option
        return False
    return not _git("rev-parse", "--verify", "--quiet", f"{text}^{{tree}}").returncode


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git without a shell or a pager, with untranslated messages."""
    return subprocess.run(
        ["git", "--no-pager", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )


def _reason(process: subprocess.CompletedProcess[bytes]) -> str:
    """Return the first line of git's error, without the prefix ``fatal:``."""
    lines = process.stderr.decode("utf-8", "replace").splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "git gives no reason"
