"""Draw networks and their results with matplotlib: the extra ``plot``.

Each function draws on given or new axes, and returns the axes. Colour-blind readers can
distinguish the colours. Text and lines follow matplotlib's style, so a dark style
produces dark pictures. The modules are imported on first use, because they need NumPy
and most runs don't draw.
"""

from __future__ import annotations

import importlib
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from snnc.text.installing import require

if TYPE_CHECKING:
    from snnc.views.plots import networks, results, style

__all__ = ["networks", "results", "style"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require(("matplotlib",), "plot", "a picture")
    return importlib.import_module(f"{__name__}.{name}")


SUFFIXES = (".png", ".svg", ".pdf")


def check_file(file: str | PathLike[str]) -> None:
    """Before a long computation, refuse a file that can't be written.

    Raises
    ------
    ValueError
        If the file's suffix is not a picture format, or its folder is missing.
    ModuleNotFoundError
        If matplotlib is not installed; the message says what to install.
    """
    if Path(file).suffix not in SUFFIXES:
        raise ValueError(f"{file} is not a picture: name a file {', '.join(SUFFIXES)}")
    if not (folder := Path(file).parent).is_dir():
        raise ValueError(f"{file}: there is no folder {folder}")
    require(("matplotlib",), "plot", "a picture")
