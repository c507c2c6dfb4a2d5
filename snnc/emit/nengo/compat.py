"""``_compat.py``: nengo-loihi on versions of its libraries newer than itself."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Network


def compat(network: Network) -> Module:
    """Return the module through which the package imports nengo-loihi."""
    summary = "nengo-loihi, written for NumPy 1, on NumPy 2 as well."
    docstring = module_docstring(summary, network.name)
    return Module(
        "_compat.py", render("nengo/templates/_compat.py.jinja", docstring=docstring)
    )
