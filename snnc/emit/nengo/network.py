"""`nengo_network.py`: native Nengo code that nengo-loihi runs."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.nengo.statements import KINDS, Statements
from snnc.emit.python import exploded
from snnc.emit.quoting import WIDTH, docstring, module_docstring
from snnc.graph.logical import Loihi, Network
from snnc.graph.mapped import MappedNetwork


def nengo_network(mapped: MappedNetwork) -> Module:
    """The module that builds the network in Nengo."""
    network = mapped.lowered.network
    statements = Statements(mapped)
    body = render(
        "nengo/templates/nengo_network.py.jinja",
        docstring=module_docstring(
            "Native Nengo code of {name}: the network that Loihi runs."
            if isinstance(network.target, Loihi)
            else "Native Nengo code of {name}.",
            network.name,
            network.about,
            _anatomy(network),
        ),
        connections=_import(sorted(statements.used & KINDS)),
        pools="Pool" in statements.used,
        images_doc=docstring(_images(network), 4),
        statements=statements.lines,
        seed=network.train.seed,
    )
    return Module("nengo_network.py", body)


def _import(names: list[str]) -> str:
    source = "from ._runtime.connections import"
    line = f"{source} {', '.join(names)}"
    return line if len(line) <= WIDTH else exploded(f"{source} (", names, ")", 0)


def _anatomy(network: Network) -> str:
    spikes = (
        "Activation 1.0 of a layer stands for the upper bound of its rates, HI; a "
        "spike has amplitude 1 / HI. "
    )
    if len(network.input.shape) < len(("depth", "height", "width", "channels")):
        return f"{spikes}Every layer is one ensemble, laid out as in Keras."
    return (
        f"{spikes}A layer is cut along its depth into ensembles of a few slices, each "
        "laid out (height, width, slices x channels); between two of them a 3-D "
        "convolution is a 2-D convolution whose channels are the slices'."
    )


def _images(network: Network) -> str:
    shape = ", ".join(map(str, network.input.shape))
    return (
        f"``images``, (examples, {shape}), are presented one after another; without "
        "them the input is silent until a simulator feeds it. ``probe`` names the "
        "layers to probe."
    )
