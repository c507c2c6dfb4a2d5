"""Where generated files come from, as their headers tell."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

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
    def of(cls, spec: Path, output: Path, device: str | None = None) -> Origin:
        """Return the origin as seen from the consumer's repo.

        Links on the way are followed, so that another way to the same files gives
        the same text; a spec that is itself a link keeps its name.
        """
        repo = repo_around(output)
        place = Path(os.path.realpath(spec.parent), spec.name)
        if device is not None and device.endswith(".toml"):
            device = _relative(_real(Path(device)), repo)
        return cls(_relative(place, repo), _relative(_real(output), repo), device)

    @property
    def place(self) -> tuple[str, str]:
        """Spec and output: which package it is, for whatever device."""
        return self.spec, self.output

    @property
    def command(self) -> str:
        """The command that writes the package again, quoted for a shell."""
        return build_command(self.spec, self.output, self.device)


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


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_repo(folder: Path) -> bool:
    return any((folder / marker).exists() for marker in MARKERS)


def _relative(path: Path, repo: Path) -> str:
    return Path(os.path.relpath(path, repo)).as_posix()
