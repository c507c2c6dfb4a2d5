"""The run-time library, as the files that each package has a copy of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from snnc import runtime
from snnc.emit.files import LIBRARY, Module


@cache
def library() -> tuple[Module, ...]:
    """Return the modules of ``snnc/runtime``, byte for byte, in alphabetical order."""
    folder = Path(runtime.__file__).parent
    return tuple(
        Module(f"{LIBRARY}/{path.name}", path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.py"))
    )
