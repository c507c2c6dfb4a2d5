"""What a client configures: the device that is compiled for, where packages go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnc.ir.device import Profile

SECTION = "snnc"
"""The part of a client's configuration that is snnc's."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What the section ``snnc`` of a client's configuration says.

    Attributes
    ----------
    device
        A device that snnc knows, or the path of its file, from ``root``.
    output
        The folder that holds the packages, from ``root``.
    root
        The folder that the client has open.
    """

    device: str = "loihi1"
    output: str = "models"
    root: Path = Path()

    def updated(self, section: Any) -> ClientSettings:
        """The settings with what a client says; what is no text is left out."""
        if not isinstance(section, Mapping):
            return self
        section = section.get(SECTION, section)
        if not isinstance(section, Mapping):
            return self
        known = {k: v for k, v in section.items() if isinstance(v, str) and v}
        device = known.get("device", self.device)
        return replace(self, device=device, output=known.get("output", self.output))

    def at(self, root: Path) -> ClientSettings:
        """The settings with the folder that a client has open."""
        return replace(self, root=root)

    @property
    def device_path(self) -> str:
        """The device as it is read: its name, or the path of its file."""
        from snnc.loihi.profile import is_file

        return str(self.root / self.device) if is_file(self.device) else self.device


class Devices:
    """Reads devices, and files of them anew when they are saved."""

    def __init__(self) -> None:
        self._stamps: dict[str, tuple[int, int] | None] = {}

    def read(self, settings: ClientSettings) -> tuple[Profile, str]:
        """Return the device, or Loihi 1 and why it is not the one that is wanted."""
        from snnc.loihi.profile import ProfileError, is_file, read_profile

        name = settings.device_path
        if is_file(name):
            stamp = _stamp(Path(name))
            if self._stamps.get(name, stamp) != stamp:
                read_profile.cache_clear()
            self._stamps[name] = stamp
        try:
            return read_profile(name), ""
        except ProfileError as error:
            return read_profile(), str(error)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
