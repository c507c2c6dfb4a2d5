"""Rules for folders and files that a build must not or can't write."""

from __future__ import annotations

import errno
import os

from snnc.diagnostics import Diagnostic

_NO_ROOM = frozenset(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)))

_NO_FOLDER = os.strerror(errno.ENOENT)


class _Unwritable(Diagnostic):
    """A file that can't be written."""

    message = "`{file}` can't be written: {reason}"

    reason: str


class CannotWrite(_Unwritable):
    """Reports a file of the package that can't be written.

    Files that were already written are complete. snnc writes the lock last, so the next
    build knows which files are missing.
    """

    code = "SNN720"
    title = "unwritable output"

    @property
    def hint(self) -> str:
        if self.reason in _NO_ROOM:
            return "free some disk space, and run the command again"
        if self.reason == _NO_FOLDER:
            return "create its folder, or name another file"
        return "choose another folder with `-o`, or make this folder writable"


class EditedByHand(Diagnostic):
    """Checks for changes to generated files.

    The hash of the file differs from the hash in `snnc.lock`, so somebody changed the
    file. A build would lose that change. snnc ignores differences in line endings,
    because a checkout may change them.
    """

    code = "SNN721"
    title = "generated file edited by hand"
    message = "`{file}` was edited by hand"
    notes = ("also edited: {names}", "a build would lose the change")
    help = "move the change elsewhere, or overwrite the file with `--force`"

    names: str = ""


class ForeignFile(Diagnostic):
    """Checks for a foreign file where a generated file belongs.

    snnc never replaces a file that it did not write, not even with `--force`.
    """

    code = "SNN722"
    title = "file in the way"
    message = "`{file}` is in the way: snnc did not write this file"
    help = "move the file away, or choose another folder with `-o`"


class CannotRewrite(_Unwritable):
    """Reports a spec that can't be replaced.

    `snnc fmt` and `snnc check --fix` write a temporary file next to the spec and
    rename it, so the folder must be writable too. The spec is unchanged.
    """

    code = "SNN723"
    title = "unwritable spec"
    help = "make the file and its folder writable"


class EditedLibrary(Diagnostic):
    """Checks for changes to the run-time library of a package.

    `_runtime` is the same in every package of a format version. Some of its files match
    neither `snnc.lock` nor this version of snnc. Somebody edited these files, or copied
    the library of another version.
    """

    code = "SNN733"
    title = "run-time library edited by hand"
    message = (
        "`{file}` was edited by hand, or does not come from the same version as the "
        "package"
    )
    notes = (
        "files that differ from `snnc.lock`: {names}",
        "a build would lose the change",
    )
    help = "move the change elsewhere, or overwrite the files with `--force`"

    names: str


class SameNetwork(Diagnostic):
    """Checks for two networks with the same name in one build.

    A package's folder is named after its network, so the second package would replace
    the first package.
    """

    code = "SNN724"
    title = "two networks with the same name"
    message = "`{other}` also describes a network `{name}`"
    help = "rename one of the networks, or build them into different folders"

    name: str
    other: str


class AlreadyThere(Diagnostic):
    """Checks for files that `snnc init` would overwrite.

    If `snnc init` finds such a file, it writes nothing.
    """

    code = "SNN730"
    title = "existing file"
    message = "`{file}` already exists, so nothing was written"
    help = "name another folder, or move the file away"


class PackageTaken(Diagnostic):
    """Checks for a spec whose package belongs to another spec.

    Both networks have the same name, which is also the name of the folder. `snnc.lock`
    names the spec from which the package was built. If that spec was removed or
    renamed, or now describes another network, snnc replaces the package without asking.
    """

    code = "SNN731"
    title = "package of another spec"
    message = (
        "`{path}` is the package of `{other}`, whose network is also called `{name}`"
    )
    help = (
        "rename one of the networks, choose another folder with `-o`, or replace the "
        "package with `--force`"
    )

    path: str
    name: str
    other: str
