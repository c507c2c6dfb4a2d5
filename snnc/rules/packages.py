"""Packages that are not what their specs give, and locks that tell nothing."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class LockUnusable(Diagnostic):
    """Nothing tells which files of a package were edited by hand.

    `snnc.lock` lists the files that snnc wrote and their hashes. Without it, or where
    it was damaged, every file of the package that is not what its spec gives counts as
    edited by hand, and a build would lose those changes.
    """

    code = "SNN734"
    title = "lock that can't be used"
    message = "`{path}` is {state}, so nothing tells what was edited by hand"
    notes = ("{reason}", "{others}")
    help = "get it back from version control, or write all anew with `--force`"

    path: str
    reason: str
    names: str

    @property
    def state(self) -> str:
        return "damaged" if self.reason else "missing"

    @property
    def others(self) -> str:
        return f"not as the spec gives it: {self.names}" if self.names else ""


class NewerFormat(Diagnostic):
    """A package was written by a newer snnc, in a format that this one does not know.

    Older code would replace newer code, in each file.
    """

    code = "SNN735"
    title = "package of a newer snnc"
    message = "`{path}` was written by {writer}: format {format}"
    notes = ("this snnc writes format {known}",)
    help = "upgrade snnc, or write it in the older format with `--force`"

    path: str
    version: str
    format: int
    known: int

    @property
    def writer(self) -> str:
        return f"snnc {self.version}, a newer one" if self.version else "a newer snnc"


class OlderFormat(Diagnostic):
    """A package is in the format of an older snnc.

    `CHANGELOG.md` says what each format changes. `snnc build` upgrades the package;
    files that were edited by hand are reported as ever.
    """

    code = "SNN736"
    title = "package of an older snnc"
    message = "`{path}` was written by {writer}: format {format}"
    notes = ("this snnc writes format {known}",)
    help = "type `{command}`, which upgrades it"

    path: str
    version: str
    format: int
    known: int
    command: str

    @property
    def writer(self) -> str:
        if not self.version:
            return "an older snnc"
        return f"snnc {self.version}, an older one"


class UnresolvedMerge(Diagnostic):
    """A merge could not join what two branches generated.

    `snnc.lock` holds merge markers. Nothing in a package is to be merged by hand: once
    the spec is as it should be, a build writes every file that has snnc's header anew,
    whatever the merge made of it.
    """

    code = "SNN737"
    title = "package with an unresolved merge"
    message = "`{path}` holds an unresolved merge"
    help = "type `{command}`, which writes it anew; then `git add` it"

    path: str
    command: str


class Stale(Diagnostic):
    """Files of a package are as snnc wrote them, but its spec has changed since.

    `snnc build --check` reports it once a package and prints what would change. Where
    the spec is the network that it was, files came, went or were renamed, or another
    snnc wrote them.
    """

    code = "SNN725"
    title = "package out of date"
    message = "`{path}` is not what `{spec}` gives now"
    notes = ("{cause}", "{listed}")
    help = "type `{command}`"

    path: str
    spec: str
    changed: bool
    names: str
    command: str

    @property
    def cause(self) -> str:
        if self.changed:
            return f"`{self.spec}` has changed since"
        return f"`{self.spec}` is the network that it was: other files, or another snnc"

    @property
    def listed(self) -> str:
        return f"it differs in {self.names}"


class Missing(Diagnostic):
    """Files of a package, or all of it, are not there.

    `snnc build --check` reports it where a package was never built or not committed.
    """

    code = "SNN726"
    title = "generated file that is missing"
    message = "`{path}` is missing"
    notes = ("{listed}",)
    help = "type `{command}`"

    path: str
    command: str
    names: str = ""

    @property
    def listed(self) -> str:
        return f"missing, too: {self.names}" if self.names else ""


class LeftOver(Diagnostic):
    """A file or a package is left over from what snnc wrote before.

    The spec of a package was removed, its network was renamed, or snnc has no such
    file any more. A build into the same folder removes it.
    """

    code = "SNN727"
    title = "generated file that is left over"
    message = "`{path}` is left over: {reason}"
    help = "type `{command}`, which removes it"

    path: str
    reason: str
    command: str


class Untracked(Diagnostic):
    """A package is up to date on this disk, but git does not track all of it.

    A commit would have the spec without the package, or with a part of it. `snnc build
    --tracked` reports it, which the hooks for pre-commit run; `git add` mends it.
    """

    code = "SNN738"
    title = "package that git does not track"
    message = "`{path}` is not in git{which}"
    notes = ("{listed}", "{said}")
    help = "type `git add {path}`"

    path: str
    names: str
    reason: str

    @property
    def which(self) -> str:
        return " as a whole" if self.names else ""

    @property
    def listed(self) -> str:
        return f"not tracked: {self.names}" if self.names else ""

    @property
    def said(self) -> str:
        return f"git says: {self.reason}" if self.reason else ""


class Unfinished(Diagnostic):
    """The build of a package has begun and not ended.

    `snnc.lock` lists what was to be written under `writing`, or the package is locked
    (`.snnc-building`). A build was killed, found no room, or still runs. The next build
    completes the package and needs no `--force`.
    """

    code = "SNN728"
    title = "build that was interrupted"
    message = "the build of `{folder}` was interrupted"
    notes = (
        "its files may come from two builds: one was killed, found no room or still"
        " runs",
    )
    help = "type `{command}`, which completes it"

    folder: str
    command: str


class EditedLeftOver(Diagnostic):
    """A generated file is left over, and somebody has edited it.

    A build removes what it wrote before and does not write any more, but not a change
    that would be lost. The file stays in `snnc.lock` until it is gone.
    """

    code = "SNN729"
    title = "file left over that was edited by hand"
    message = "`{path}` is left over, and was edited by hand"
    notes = ("a build removes it only with `--force`",)
    help = "move the change elsewhere, then delete the file"

    path: str


class OtherOrigin(Diagnostic):
    """A package was built from a spec of another path, or for another device.

    The header of every generated file names the command that writes it again, so each
    of them is out of date. `snnc build --check` says so once.
    """

    code = "SNN732"
    title = "package of another path or device"
    message = "`{path}` was built {otherwise}"
    help = "type `{command}`"

    path: str
    built: str
    wanted: str
    device: str
    chosen: str
    command: str

    @property
    def otherwise(self) -> str:
        if self.built != self.wanted:
            return f"from `{self.built}`, not from `{self.wanted}`"
        if self.device == self.chosen:
            return "into a folder of another name"
        devices = (
            f"`{name}`" if name else "Loihi 1" for name in (self.device, self.chosen)
        )
        return "for {}, not for {}".format(*devices)
