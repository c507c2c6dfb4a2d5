"""`evaluate.py`: accuracy and rates of the generated network on spikes."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Loihi, Network


def evaluate(network: Network) -> Module:
    """The module that runs the network on a data set and prints a report."""
    simulator = "loihi" if isinstance(network.target, Loihi) else "nengo"
    body = render(
        "nengo/templates/evaluate.py.jinja",
        docstring=module_docstring(
            "Run {name} on spikes: how right it is and how fast it fires.",
            network.name,
            f"``python -m {network.name}.evaluate --data data.npz --weights "
            f"w.safetensors --simulator {simulator}`` does so from the command line.",
        ),
    )
    return Module("evaluate.py", body)
