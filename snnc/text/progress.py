"""Show a progress bar on terminals and in notebooks."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def in_notebook() -> bool:
    """Return whether this process is a notebook's kernel.

    An import of ipykernel is not enough, because programs that start kernels import it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


Moved = Callable[[int], object]


@contextmanager
def progress_bar(total: int, label: str, shown: bool | None = None) -> Iterator[Moved]:
    """Show a progress bar, and yield a function that advances the bar.

    Parameters
    ----------
    total
        The number of items.
    label
        The noun for the items.
    shown
        Whether to show the bar, which needs tqdm; None to show it on terminals and in
        notebooks.
    """
    if shown is None:
        shown = sys.stderr.isatty() or in_notebook()
    if not shown or importlib.util.find_spec("tqdm") is None:
        yield lambda count: None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without widgets, tqdm shows text
        from tqdm.auto import tqdm
    with tqdm(total=total, desc=label, file=sys.stderr) as bar:
        yield bar.update
