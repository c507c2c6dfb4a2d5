"""Errors for the runs that `snnc evaluate` refuses, with their messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from snnc.text.installing import installation


class RefusedRunError(ValueError):
    """Raised if a package, data, weights or a run can't be evaluated."""


class MissingExtraError(RefusedRunError):
    """A Python package is not installed."""

    def __init__(self, names: Sequence[str], extras: str) -> None:
        verb = "is" if len(names) == 1 else "are"
        super().__init__(
            f"{' and '.join(names)} {verb} not installed: {installation(extras)}"
        )


class NotBuiltError(RefusedRunError):
    """nengo-loihi can't build the network with these weights."""

    def __init__(self, reason: object) -> None:
        super().__init__(
            f"nengo-loihi does not build this network: {str(reason).rstrip('.')}; "
            "`snnc weights FILE SPEC` shows which layer has weights that the chip "
            "can't take"
        )


class NoCheckpointError(RefusedRunError):
    """The file for results belongs to another program."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not a result file from `snnc evaluate`; choose "
            "another name with `-o`"
        )


class OtherVersionError(RefusedRunError):
    """The file for results has the layout of another version."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} contains results from another version of snnc; remove the file, "
            "or "
            "choose another name with `-o`"
        )


class NoFolderError(RefusedRunError):
    """The file for predictions could not be written after the run."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"there is no folder {path.parent} for {path.name}; create the folder, or "
            "choose another name with `--examples-out`"
        )


class UnfinishedError(RefusedRunError):
    """The file for results contains an interrupted run."""

    def __init__(self, path: Path, done: int, examples: object) -> None:
        super().__init__(
            f"{path} contains {done} of {examples} examples from an interrupted run; "
            "continue with `--resume`, remove the file, or choose another name with "
            "`-o`"
        )


class OtherRunError(RefusedRunError):
    """The file to resume contains another run."""

    def __init__(self, path: Path, differences: Sequence[str]) -> None:
        super().__init__(
            f"{path} can't be resumed, because the run had other "
            f"{', '.join(differences)}; leave out `--resume` and choose another name "
            "with `-o`"
        )


class NoClusterError(RefusedRunError):
    """There is no Dask scheduler at an address, or it has no workers."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"{address}: {reason}; start one with `dask scheduler` and its workers "
            f"with `dask worker {address}`, or use `--workers N` on this machine"
        )


class LostClusterError(RefusedRunError):
    """The workers failed."""

    def __init__(self, reason: str, out: object) -> None:
        kept = f"; {out} keeps the finished examples, and `--resume` continues the run"
        super().__init__(reason if out is None else f"{reason}{kept}")
