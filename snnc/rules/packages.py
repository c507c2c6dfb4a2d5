"""Rules for packages that differ from their specs, and for unusable locks."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic


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
    help = "run `{command}`, which removes {what}"

    reason: str
    what: str = "the file"


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
        return f"for {_device(self.device)}, not for {_device(self.chosen)}"


def _device(name: str) -> str:
    return f"`{name}`" if name else "Loihi 1"
