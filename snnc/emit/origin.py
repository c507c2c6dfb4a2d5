"""Where generated files come from, as their headers tell."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from snnc.loihi.profile import is_file

MARKERS = (".git", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Origin:
    """The spec and the folder of a build, relative to the consumer's repo.

    Attributes
    ----------
    spec
        The spec's path, POSIX, such as ``specs/drift.snn``.
    output
        The folder that holds the package's folder, POSIX, such as ``models``.
    device
        The name of the device, or its file's path, POSIX; None for Loihi 1.
    """

    spec: str
    output: str
    device: str | None = None

    @classmethod
    def of(
        cls,
        spec: Path,
        output: Path,
        device: str | None = None,
        known: Origin | None = None,
    ) -> Origin:
        """Return the origin as seen from the consumer's repo.

        Links on the way are followed, so that another way to the same files gives
        the same text; a spec that is itself a link keeps its name.

        Parameters
        ----------
        known
            What the package that is there tells. It stays if it means the same
            files, seen from another folder: that there is a repo by now changes
            nothing.
        """
        before = known and known.root(output)
        if before and cls._seen(before, spec, output, device) == known:
            return known
        return cls._seen(repo_around(output), spec, output, device)

    @classmethod
    def _seen(cls, root: Path, spec: Path, output: Path, device: str | None) -> Origin:
        if device is not None and is_file(device):
            device = _relative(_real(Path(device)), root)
        return cls(
            _relative(_place(spec), root), _relative(_real(output), root), device
        )

    def root(self, output: Path) -> Path | None:
        """Return the folder that the paths are relative to.

        Parameters
        ----------
        output
            The folder that holds the package's folder, wherever it is by now.

        Returns
        -------
        Path or None
            None if ``output`` is not the output that is told.
        """
        real, written = _real(output), PurePosixPath(self.output).parts
        count = len(real.parts) - len(written)
        return Path(*real.parts[:count]) if real.parts[count:] == written else None

    def spec_path(self, output: Path) -> Path | None:
        """Return where the spec is; None if ``output`` is not the one that is told."""
        root = self.root(output)
        return None if root is None else _place(root / self.spec)

    @property
    def command(self) -> str:
        """The command that writes the package again, quoted for a shell."""
        return build_command(self.spec, self.output, self.device)

    @property
    def where(self) -> str:
        """Where the command is to be typed, as a comment of a shell behind it.

        It is empty for the root of the consumer's repo.
        """
        return "  # in the folder above" if self.output == "." else ""


def build_command(spec: str, output: str, device: str | None) -> str:
    """Return the command that builds a spec, quoted for a shell."""
    first = ("snnc",) if device is None else ("snnc", "--device", device)
    return shlex.join((*first, "build", spec, "-o", output))


def repo_around(output: Path) -> Path:
    """Return the consumer's repo, that paths in generated files are relative to.

    That is the nearest folder around the output, or the output itself, that holds
    ``.git`` or ``pyproject.toml``; else the output.
    """
    folder = _real(output)
    around = (folder, *folder.parents)
    return next((f for f in around if _is_repo(f)), folder)


def _place(spec: Path) -> Path:
    return Path(os.path.realpath(spec.parent), spec.name)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_repo(folder: Path) -> bool:
    return any((folder / marker).exists() for marker in MARKERS)


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()
