"""Rules for specs that can't be read, and for packages that can't be written.

Other rules compare packages with their specs.
"""

from __future__ import annotations

import errno
import os
from typing import ClassVar

from snnc.diagnostics import Diagnostic

_NO_ROOM = frozenset(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)))

_NO_FOLDER = os.strerror(errno.ENOENT)
_OF_PACKAGE = "it is a package: name its spec, which is the `source` in its `snnc.lock`"


class FileMissing(Diagnostic):
    """Checks that a file exists."""

    code = "SNN700"
    title = "no such file"
    message = "there is no file `{name}`"
    help = "check the path; it is relative to the current directory"

    name: str


class _Folder(Diagnostic):
    """A folder instead of a spec; the help depends on whether it is a package."""

    otherwise: ClassVar[str]

    is_package: bool = False

    @property
    def hint(self) -> str:
        return self.fill(_OF_PACKAGE if self.is_package else self.otherwise)


class FileIsDirectory(_Folder):
    """Checks for a directory instead of a spec."""

    code = "SNN701"
    title = "directory instead of a file"
    message = "`{file}` is a directory"
    otherwise = "name a spec in this directory, such as `{file}/network.snn`"


class NoSpecInFolder(_Folder):
    """Checks that a folder contains specs.

    Specs are files whose names end in `.snn`, and YAML files with the key `snn`. snnc
    also searches subfolders, except those whose names begin with a dot.
    """

    code = "SNN706"
    title = "folder without specs"
    message = "there is no spec in `{file}`"
    otherwise = "specs are `.snn` files, and YAML files with the key `snn`"


class FileNotRegular(Diagnostic):
    """Checks for a pipe, a socket or a device instead of a spec.

    snnc reads a spec twice and hashes it, so a spec must be a regular file.
    """

    code = "SNN702"
    title = "special file"
    message = "`{file}` is not a regular file"
    help = "save the spec to a file first"


class FileIsModel(Diagnostic):
    """Checks for a trained model instead of a spec.

    snnc recognizes models of Keras and NIR by their suffixes.
    """

    code = "SNN707"
    title = "model instead of a spec"
    message = "`{file}` is a model, not a spec"
    help = "convert it to a spec with `snnc import {file} -o network.snn`"


class FileNotText(Diagnostic):
    """Checks that a file is UTF-8 text."""

    code = "SNN703"
    title = "not UTF-8"
    message = "the file is not UTF-8 text"
    label = "byte {byte}"
    notes = ("the byte {byte} is at offset {offset}",)
    help = "save the file as UTF-8; if it is not a spec, name the spec instead"

    byte: str
    offset: int


class FileTooLarge(Diagnostic):
    """Checks that a file is not too large for a spec."""

    code = "SNN704"
    title = "file too large"
    message = "the file is larger than {limit} bytes"
    notes = ("it has {size} bytes",)
    help = "name a spec; specs have only a few kilobytes"

    size: int
    limit: int


class FileUnreadable(Diagnostic):
    """Checks that the operating system allows snnc to read a file."""

    code = "SNN705"
    title = "unreadable file"
    message = "`{name}` can't be read: {reason}"
    help = "check the permissions of the file"

    name: str
    reason: str


class GitMissing(Diagnostic):
    """Checks that git is installed when a spec is read from a git revision.

    `git:REV:path` runs the program `git` to read the spec from a revision.
    """

    code = "SNN710"
    title = "missing git"
    message = "the program `git` is needed to read this spec"
    help = "install git, or save the old spec to a file and name this file"


class NotARepository(Diagnostic):
    """Checks that the current directory is in a git repository.

    `git:REV:path` reads from the repository of the current directory.
    """

    code = "SNN711"
    title = "missing git repository"
    message = "the current directory is not in a readable git repository"
    notes = ("git says: {reason}",)
    help = "change to the repository that contains the spec"

    reason: str


class UnknownRevision(Diagnostic):
    """Checks that a branch, tag or commit exists.

    In CI, clones are often shallow. Before you read a spec from the target branch of a
    pull request, fetch this branch.
    """

    code = "SNN712"
    title = "unknown revision"
    message = "git does not know the revision `{revision}`"
    help = (
        "`git branch --all` lists branches (none before the first commit); fetch a "
        "branch that is only on the server"
    )

    revision: str


class NotInRevision(Diagnostic):
    """Checks that a revision contains a file.

    As in git, a path is relative to the root of the repository. A path that begins with
    `./` is relative to the current directory.
    """

    code = "SNN713"
    title = "missing file in the revision"
    message = "{where} has no file `{path}`"

    revision: str
    path: str

    @property
    def where(self) -> str:
        return f"the revision `{self.revision}`" if self.revision else "the index"

    @property
    def hint(self) -> str:
        listing = f"`git ls-tree -r --name-only {self.revision}`"
        listing = listing if self.revision else "`git ls-files`"
        if self.path.startswith("./"):
            return f"{listing} lists its files"
        near = f"git:{self.revision}:./{self.path}"
        return f"write `{near}` if the path is relative to the current directory"


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


class _Outdated(Diagnostic):
    """A package that a ``command`` updates."""

    help = "run `{command}`"

    command: str


class LockUnusable(Diagnostic):
    """Checks that a package has a valid `snnc.lock`.

    The lock lists the files that snnc wrote, with their hashes. Without the lock, snnc
    can't know which files were edited by hand. It treats every file that differs from
    the output of the spec as edited, since a build would lose the changes.
    """

    code = "SNN734"
    title = "unusable lock"
    message = "`{file}` is {state}, so snnc can't know what was edited by hand"
    notes = ("{reason}", "files that differ from the spec: {names}")
    help = (
        "restore the lock from version control, or write all files again with `--force`"
    )

    reason: str
    names: str

    @property
    def state(self) -> str:
        return "damaged" if self.reason else "missing"


class _OtherFormat(Diagnostic):
    """A package that another version of snnc wrote."""

    message = "`{file}` was written by {writer}: format {format}"
    notes = ("this snnc writes format {known}",)
    age: ClassVar[str]

    version: str
    format: int
    known: int

    @property
    def writer(self) -> str:
        if not self.version:
            return f"{self.age} snnc"
        return f"snnc {self.version}, {self.age} version"


class NewerFormat(_OtherFormat):
    """Checks for packages in a format that is too new for this version of snnc.

    A build would replace newer code with older code in every file.
    """

    code = "SNN735"
    title = "package from a newer snnc"
    age = "a newer"
    help = "upgrade snnc, or write the package in the older format with `--force`"


class OlderFormat(_OtherFormat):
    """Checks for packages in an older format.

    `CHANGELOG.md` lists the changes of each format. `snnc build` upgrades the package,
    but still reports files that were edited by hand.
    """

    code = "SNN736"
    title = "package from an older snnc"
    age = "an older"
    help = "run `{command}`, which upgrades the package"

    command: str


class UnresolvedMerge(_Outdated):
    """Checks for merge conflicts in a package.

    `snnc.lock` contains conflict markers. Don't merge the files of a package by hand.
    Resolve the conflicts in the spec, then build the package. The build rewrites every
    file that begins with snnc's header.
    """

    code = "SNN737"
    title = "package with an unresolved merge"
    message = "`{file}` contains an unresolved merge"
    help = "run `{command}`, which writes the package again, and then `git add` it"


class Stale(_Outdated):
    """Checks that a package matches its spec.

    The files are as snnc wrote them, but the spec has changed since then. `snnc build
    --check` reports this once per package and prints the differences. If the network is
    unchanged, files were added, removed or renamed, or another version of snnc wrote
    the package.
    """

    code = "SNN725"
    title = "package out of date"
    message = "`{file}` is out of date: it does not match `{spec}`"
    notes = ("{cause}", "files that differ: {names}")

    spec: str
    changed: bool
    names: str

    @property
    def cause(self) -> str:
        if self.changed:
            return f"`{self.spec}` has changed since the last build"
        return (
            f"the network in `{self.spec}` is the same, but the files or the version "
            "of snnc differ"
        )


class Missing(_Outdated):
    """Checks that all files of a package exist.

    `snnc build --check` reports packages that were never built or never committed.
    """

    code = "SNN726"
    title = "missing generated file"
    message = "`{file}` is missing"
    notes = ("also missing: {names}",)

    names: str = ""


class LeftOver(_Outdated):
    """Checks for files and packages from earlier builds.

    The spec was removed, its network was renamed, or snnc no longer writes such a file.
    A build into the same folder removes the leftover file or package.
    """

    code = "SNN727"
    title = "leftover generated file"
    message = "`{file}` is left over: {reason}"
    help = "run `{command}`, which removes the file"

    reason: str


class Untracked(Diagnostic):
    """Checks that git tracks a package.

    The package is up to date, but a commit would contain the spec without all files of
    its package. `snnc build --tracked`, which the pre-commit hooks run, reports this
    problem. `git add` fixes it.
    """

    code = "SNN738"
    title = "untracked package"
    message = "`{file}` is {state}"
    notes = ("not tracked: {names}", "git says: {reason}")
    help = "run `git add {file}`"

    names: str
    reason: str

    @property
    def state(self) -> str:
        return "not completely in git" if self.names else "not in git"


class Unfinished(_Outdated):
    """Checks for a build that was interrupted.

    Either `snnc.lock` lists, under `writing`, files that a build was about to write, or
    the file `.snnc-building` locks the package. A build was killed, ran out of disk
    space, or is still running. The next build completes the package without `--force`.
    """

    code = "SNN728"
    title = "interrupted build"
    message = "the build of `{file}` was interrupted"
    notes = (
        "its files may come from two builds: a build was killed, ran out of disk "
        "space or is still running",
    )
    help = "run `{command}`, which completes the package"


class EditedLeftOver(Diagnostic):
    """Checks for leftover files that were edited by hand.

    A build removes files that snnc no longer writes, unless you edited them. Such a
    file stays in `snnc.lock` until you delete it.
    """

    code = "SNN729"
    title = "leftover file edited by hand"
    message = "`{file}` is left over and was edited by hand"
    notes = ("a build removes it only with `--force`",)
    help = "move the change elsewhere, then delete the file"


class OtherOrigin(_Outdated):
    """Checks that a package was built from the same path and for the same device.

    Otherwise all files are out of date, since the header of each file names the command
    that generates the file. `snnc build --check` reports this once per package.
    """

    code = "SNN732"
    title = "package from another path or device"
    message = "`{file}` was built {otherwise}"

    built: str
    wanted: str
    device: str
    chosen: str

    @property
    def otherwise(self) -> str:
        if self.built != self.wanted:
            return f"from `{self.built}`, not from `{self.wanted}`"
        if self.device == self.chosen:
            return "into a folder with another name"
        devices = (
            f"`{name}`" if name else "Loihi 1" for name in (self.device, self.chosen)
        )
        return "for {}, not for {}".format(*devices)
