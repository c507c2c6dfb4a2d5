"""Whether this process runs the cells of a notebook."""

from __future__ import annotations

import sys


def in_notebook() -> bool:
    """Tell whether a kernel runs here, rather than IPython in a terminal or nothing.

    That ipykernel was imported says nothing: whoever starts kernels imports it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
