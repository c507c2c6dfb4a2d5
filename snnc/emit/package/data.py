"""``_data.py`` of a network: the examples that it accepts."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.python import items, number, volume
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Network


def data(network: Network) -> Module:
    """Return the module that reads and checks examples and labels."""
    body = render(
        "package/templates/_data.py.jinja",
        docstring=module_docstring(
            "The examples and labels that {name} accepts.",
            network.name,
            "They are checked as they are read.",
        ),
        shape=items(network.input.shape),
        volume=volume(network.input.shape).replace("batch", "examples"),
        low=number(network.input.low),
        high=number(network.input.high),
        units=network.readout.units,
        classified=network.readout.labels is not None,
    )
    return Module("_data.py", body)
