"""A training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from snnc.plots.style import COLOURS, axes, open_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def training(
    history: Mapping[str, Sequence[float]],
    what: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a measure of training, and of validation where there is any.

    Parameters
    ----------
    history
        What Keras told after each epoch.
    what
        ``loss``, ``accuracy`` or another of them; by default accuracy, if there is one.

    Raises
    ------
    ValueError
        If no epoch was run, or there is no such measure.
    """
    from matplotlib.ticker import MaxNLocator

    what = what or ("accuracy" if "accuracy" in history else "loss")
    if not history.get(what):
        told = ", ".join(sorted(name for name in history if history[name]))
        raise ValueError(f"the history has no {what}: it has {told or 'no epochs'}")
    ax = axes(ax, 2.6)
    for name, style, label in (
        (what, "o-", "training"),
        (f"val_{what}", "s--", "validation"),
    ):
        values = history.get(name, ())
        if values:
            ax.plot(
                range(1, len(values) + 1),
                values,
                style,
                markersize=4,
                color=COLOURS[0 if name == what else 5],
                label=label,
            )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel(what)
    ax.legend(loc="best")
    open_frame(ax)
    ax.set_title(f"{what} in training")
    return ax
