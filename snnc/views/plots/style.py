"""The style of all pictures: axes, colours and files."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import matplotlib as mpl
import matplotlib.style

from snnc.text.installing import require
from snnc.text.progress import in_notebook

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.5
"""The width of a text column on paper, in inches."""

# Two of `palette.COLOURS`: readers who can't tell red from green see both.
BREACH = "#D55E00"
HELD = "#0072B2"

_DARK = mpl.style.library["dark_background"] | dict.fromkeys(
    ("axes.facecolor", "figure.facecolor", "savefig.facecolor"), "#14171a"
)
_SHARED: dict[str, Any] = {
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "font.size": 9,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "svg.hashsalt": "snnc",  # makes files reproducible
}


@contextmanager
def theme(dark: bool = False) -> Iterator[None]:
    """Use the sizes for a page, and a dark background if requested.

    This is also a decorator. Inside a dark theme, a theme without arguments is dark.
    """
    require(("matplotlib",), "plot", "a picture")
    _connect()
    with mpl.rc_context(_SHARED | (_DARK if dark else {})):
        yield


def _connect() -> None:
    """Make a notebook show a cell's pictures below the cell, even the first time."""
    # By default, it connects to pyplot only after the cell that imports pyplot.
    if not in_notebook() or "matplotlib.pyplot" in sys.modules:
        return
    from IPython import get_ipython  # type: ignore[import-not-found,unused-ignore]

    if "inline" in _pyplot().get_backend():
        get_ipython().run_line_magic("matplotlib", "inline")


def _pyplot() -> ModuleType:
    """Import pyplot, which chooses a backend."""
    return importlib.import_module("matplotlib.pyplot")


def axes(
    ax: Axes | None, height: float, width: float = WIDTH, *, frame: bool = False
) -> Axes:
    """Return the given axes, or new ones with a size in inches, displayed by pyplot.

    Without ``frame``, there are lines only at the axes that have a scale.
    """
    if ax is None:
        figure = _pyplot().figure(figsize=(width, height), layout="constrained")
        ax = cast("Axes", figure.add_subplot())
    if not frame:
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def bare(ax: Axes) -> None:
    """Remove ticks and the frame from axes without a scale."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def save(ax: Axes, file: str | PathLike[str] | BinaryIO) -> None:
    """Write the picture to a file, or as SVG to a stream.

    There is no date in it, so that equal pictures are equal files.

    The figure is closed, so that notebooks don't display it.
    """
    figure = cast("Figure", ax.figure)
    if isinstance(file, str | PathLike):
        dates = {".svg": "Date", ".pdf": "CreationDate"}
        date = dates.get(Path(file).suffix)
        figure.savefig(file, dpi=200, metadata={date: None} if date else None)
    else:
        figure.savefig(file, format="svg", metadata={"Date": None})
    _pyplot().close(figure)
