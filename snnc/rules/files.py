"""Spec files, and specs of git repositories, that can't be read."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic

_OF_PACKAGE = "it is a package: name its spec, the `source` in its `snnc.lock`"


class FileMissing(Diagnostic):
    """There is no file of this name."""

    code = "SNN700"
    title = "no such file"
    message = "there is no file `{name}`"
    help = "check the path; it is relative to the current directory"

    name: str


class FileIsDirectory(Diagnostic):
    """A path names a directory where a spec is expected."""

    code = "SNN701"
    title = "directory in place of a file"
    message = "`{name}` is a directory"
    help = "{hint}"

    name: str
    is_package: bool = False

    @property
    def hint(self) -> str:
        specs = f"name the spec in it, such as `{self.name}/network.snn`"
        return _OF_PACKAGE if self.is_package else specs


class NoSpecInFolder(Diagnostic):
    """A folder is named in place of its specs, and there are none in it.

    Specs are files that end with `.snn`, and YAML files with a key `snn`, in the folder
    and in those below it, but for folders whose names begin with a dot.
    """

    code = "SNN706"
    title = "no spec in a folder"
    message = "there is no spec in `{name}`"
    help = "{hint}"

    name: str
    is_package: bool = False

    @property
    def hint(self) -> str:
        specs = "specs are `.snn` files, and YAML files with a key `snn`"
        return _OF_PACKAGE if self.is_package else specs


class FileNotRegular(Diagnostic):
    """A path names a pipe, a socket or a device.

    A spec is read twice and hashed, so it has to be a regular file.
    """

    code = "SNN702"
    title = "not a regular file"
    message = "`{name}` is not a regular file"
    help = "save the spec to a file first"

    name: str


class FileNotText(Diagnostic):
    """A file is not UTF-8 text."""

    code = "SNN703"
    title = "not UTF-8"
    message = "the file is not UTF-8 text"
    label = "byte {byte}"
    notes = ("the byte {byte} stands at offset {offset}",)
    help = "save the file as UTF-8, or name the spec if this is another file"

    byte: str
    offset: int


class FileTooLarge(Diagnostic):
    """A file is larger than any spec."""

    code = "SNN704"
    title = "file too large"
    message = "the file is larger than {limit} bytes"
    notes = ("it has {size} bytes",)
    help = "name a file that holds a spec: they have some kilobytes"

    size: int
    limit: int


class FileUnreadable(Diagnostic):
    """The operating system does not let snnc read a file."""

    code = "SNN705"
    title = "unreadable file"
    message = "`{name}` can't be read: {reason}"
    help = "check who may read the file"

    name: str
    reason: str


class GitMissing(Diagnostic):
    """A spec is asked of git, and there is no git.

    `git:REV:path` runs the `git` program to read the spec as it was in a revision.
    """

    code = "SNN710"
    title = "no git"
    message = "there is no program `git` to read this spec with"
    help = "install git, or save the old spec to a file and name that"


class NotARepository(Diagnostic):
    """A spec is asked of git outside of a repository.

    `git:REV:path` looks in the repository that the current directory is part of.
    """

    code = "SNN711"
    title = "no git repository"
    message = "the current directory is in no git repository that can be read"
    notes = ("git says: {reason}",)
    help = "change into the repository that has the spec"

    reason: str


class UnknownRevision(Diagnostic):
    """A repository has no branch, tag or commit of this name.

    In CI, the clone is often shallow: the branch that a pull request aims at has to be
    fetched before a spec of it can be read.
    """

    code = "SNN712"
    title = "unknown revision"
    message = "git knows no revision `{revision}`"
    help = "`git branch --all` lists branches; fetch one that is only on the server"

    revision: str


class NotInRevision(Diagnostic):
    """A revision has no file of this path.

    As in git, a path counts from the repository's root; one that begins with `./`
    counts from the current directory.
    """

    code = "SNN713"
    title = "no such file in the revision"
    message = "{where} has no file `{path}`"
    help = "{way_out}"

    revision: str
    path: str

    @property
    def where(self) -> str:
        return f"the revision `{self.revision}`" if self.revision else "the index"

    @property
    def way_out(self) -> str:
        listing = f"`git ls-tree -r --name-only {self.revision}`"
        listing = listing if self.revision else "`git ls-files`"
        if self.path.startswith("./"):
            return f"{listing} lists its files"
        near = f"git:{self.revision}:./{self.path}"
        return f"write `{near}` if the path counts from the current directory"
