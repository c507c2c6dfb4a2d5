"""Rules for specs, in files or in git, that can't be read."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic

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

    def render_help(self) -> str:
        return self._fill_template(_OF_PACKAGE if self.is_package else self.otherwise)


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
