"""A bar that shows how far a run is, on terminals and in notebooks."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def in_notebook() -> bool:
    """Tell whether a kernel runs here, rather than IPython in a terminal or nothing.

    That ipykernel was imported says nothing: whoever starts kernels imports it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


Moved = Callable[[int], None]


@contextmanager
def progress_bar(total: int, label: str, shown: bool | None = None) -> Iterator[Moved]:
    """Show a bar; give what moves it on.

    Parameters
    ----------
    total
        How much there is to do.
    label
        Of what.
    shown
        Whether to show it; None if somebody is there to see it. Without tqdm none is.
    """
    if shown is None:
        shown = sys.stderr.isatty() or in_notebook()
    if not shown or importlib.util.find_spec("tqdm") is None:
        yield lambda count: None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that widgets are missing: it shows text then
        from tqdm.auto import tqdm
    with tqdm(total=total, desc=label, file=sys.stderr) as bar:

        def move(count: int) -> None:
            bar.update(count)

        yield move
