"""``_statistics.py`` and ``_tables.py``: what is counted, and how it is laid out."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Loihi, Network


def statistics(network: Network) -> Module:
    """Return the module of statistics that take examples batch by batch."""
    body = render(
        "nengo/templates/_statistics.py.jinja",
        docstring=module_docstring(
            "Statistics of the layers of {name}, in memory that stays the same.",
            network.name,
        ),
        regression=network.readout.labels is None,
    )
    return Module("_statistics.py", body)


def tables(network: Network) -> Module:
    """Return the module that lays out results for people."""
    regression = network.readout.labels is None
    body = render(
        "nengo/templates/_tables.py.jinja",
        docstring=module_docstring(
            "Results of {name}, laid out for people.", network.name
        ),
        regression=regression,
        chip=isinstance(network.target, Loihi),
        score="rmse" if regression else "accuracy",
    )
    return Module("_tables.py", body)
