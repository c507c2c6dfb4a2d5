"""Folders and files that a build may not or can not write."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class CannotWrite(Diagnostic):
    """The operating system refuses to write a file of the package.

    Files that were written before stay, each of them whole; the lock is written
    last, so the next build knows what is missing.
    """

    code = "SNN720"
    title = "output that can't be written"
    message = "`{path}` can't be written: {reason}"
    help = "choose another folder with `-o`, or make this one writable"

    path: str
    reason: str


class EditedByHand(Diagnostic):
    """A generated file is not as snnc wrote it.

    Its text matches neither the hash in its header nor the one in `snnc.lock`, so
    somebody changed it. A build would lose that change.
    """

    code = "SNN721"
    title = "generated file edited by hand"
    message = "`{path}` was edited by hand"
    notes = ("a build would lose the change",)
    help = "move the change elsewhere, or write over it with `--force`"

    path: str


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
