"""Rules for specs that can't be read, and for packages that can't be written."""

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
    advice = "check the path; it is relative to the current directory"

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
