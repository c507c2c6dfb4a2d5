"""Specs that can't be read from a git repository."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


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
