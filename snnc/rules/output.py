"""Folders and files that a build may not or can not write."""

from __future__ import annotations

import errno
import os

from snnc.diagnostics import Diagnostic

_NO_ROOM = frozenset(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)))

_NO_FOLDER = os.strerror(errno.ENOENT)


class CannotWrite(Diagnostic):
    """The operating system refuses to write a file of the package.

    Files that were written before stay, each of them whole; the lock is written
    last, so the next build knows what is missing.
    """

    code = "SNN720"
    title = "output that can't be written"
    message = "`{path}` can't be written: {reason}"
    help = "{cure}"

    path: str
    reason: str

    @property
    def cure(self) -> str:
        if self.reason in _NO_ROOM:
            return "make room, and type the command again"
        if self.reason == _NO_FOLDER:
            return "make its folder, or name another file"
        return "choose another folder with `-o`, or make this one writable"


class EditedByHand(Diagnostic):
    """A generated file is not as snnc wrote it.

    Its text has not the hash that stands in `snnc.lock`, so somebody changed it. A
    build would lose that change. Line ends do not count: a checkout may have its own.
    """

    code = "SNN721"
    title = "generated file edited by hand"
    message = "`{path}` was edited by hand"
    notes = ("{others}", "a build would lose the change")
    help = "move the change elsewhere, or write over it with `--force`"

    path: str
    names: str = ""

    @property
    def others(self) -> str:
        return f"edited, too: {self.names}" if self.names else ""


class ForeignFile(Diagnostic):
    """Something that snnc did not write stands where a generated file belongs.

    snnc never replaces it, not even with `--force`.
    """

    code = "SNN722"
    title = "file that is not snnc's"
    message = "`{path}` is in the way, and snnc did not write it"
    help = "move it away, or choose another folder with `-o`"

    path: str


class CannotRewrite(Diagnostic):
    """The operating system refuses to replace a spec file.

    `snnc fmt` and `snnc check --fix` write beside a spec and then rename, so its
    folder must be writable too. The spec is as it was.
    """

    code = "SNN723"
    title = "spec that can't be written"
    message = "`{path}` can't be written: {reason}"
    help = "make the file and its folder writable"

    path: str
    reason: str


class EditedLibrary(Diagnostic):
    """The run-time library in a package is not as snnc wrote it.

    `_runtime` is the same in every package of a format. Its files are neither those of
    `snnc.lock` nor those of this version of snnc: somebody changed them, or copied the
    library of another version into the package.
    """

    code = "SNN733"
    title = "run-time library edited by hand"
    message = "`{path}` was edited by hand, or is of another version than the package"
    notes = ("not as `snnc.lock` says: {names}", "a build would lose the change")
    help = "move the change elsewhere, or write over it with `--force`"

    path: str
    names: str


class SameNetwork(Diagnostic):
    """Two specs of one build are networks of the same name.

    A package's folder has the network's name, so the second would replace the first.
    """

    code = "SNN724"
    title = "two networks of one name"
    message = "the network `{name}` is that of `{other}` too"
    help = "rename one of them, or build them into different folders"

    name: str
    other: str


class AlreadyThere(Diagnostic):
    """`snnc init` finds a file of a name that it would write.

    It then writes nothing at all.
    """

    code = "SNN730"
    title = "file that is there already"
    message = "`{path}` is there already, so nothing was written"
    help = "name another folder, or move the file away"

    path: str


class PackageTaken(Diagnostic):
    """A spec would take over the package of another spec.

    Both name their networks alike, and a package's folder has the network's name;
    `snnc.lock` tells which spec it was built from. Once that spec is removed, renamed
    or names another network, the package is taken over without a question.
    """

    code = "SNN731"
    title = "package of another spec"
    message = "`{path}` is the package of `{other}`, whose network is `{name}` too"
    help = (
        "rename one of the networks, choose another folder with `-o`, or take the"
        " package over with `--force`"
    )

    path: str
    name: str
    other: str
