"""Folders and files that a build may not or can not write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotWrite(Diagnostic):
    """The operating system refuses to write a file of the package.

    Files that were written before stay, each of them whole; the lock is written
    last, so the next build knows what is missing.
    """

    code: ClassVar[str] = "SNN720"
    title: ClassVar[str] = "output that can't be written"
    message: ClassVar[str] = "`{path}` can't be written: {reason}"
    help: ClassVar[str] = "choose another folder with `-o`, or make this one writable"

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedByHand(Diagnostic):
    """A generated file is not as snnc wrote it.

    Its text matches neither the hash in its header nor the one in `snnc.lock`, so
    somebody changed it. A build would lose that change.
    """

    code: ClassVar[str] = "SNN721"
    title: ClassVar[str] = "generated file edited by hand"
    message: ClassVar[str] = "`{path}` was edited by hand"
    notes: ClassVar[tuple[str, ...]] = ("a build would lose the change",)
    help: ClassVar[str] = "move the change elsewhere, or write over it with `--force`"

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile(Diagnostic):
    """Something that snnc did not write stands where a generated file belongs.

    snnc never replaces it, not even with `--force`.
    """

    code: ClassVar[str] = "SNN722"
    title: ClassVar[str] = "file that is not snnc's"
    message: ClassVar[str] = "`{path}` is in the way, and snnc did not write it"
    help: ClassVar[str] = "move it away, or choose another folder with `-o`"

    path: str
