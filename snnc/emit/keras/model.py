"""``keras_model.py`` of a network."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.keras.losses import loss_code
from snnc.emit.keras.optimizers import compile_code
from snnc.emit.keras.statements import statements
from snnc.emit.python import call, number, volume
from snnc.emit.quoting import docstring, module_docstring
from snnc.graph.logical import Loihi, Network, Rectify


def keras_model(network: Network) -> Module:
    """Return the module that builds, compiles, saves and loads the Keras model."""
    loss = loss_code(network)
    body = render(
        "keras/templates/keras_model.py.jinja",
        docstring=module_docstring(
            "The Keras model of {name}: its layers, its loss and its weights.",
            network.name,
            network.about,
        ),
        description=_description(network),
        returned="logits" if network.readout.labels is not None else "predictions",
        rectify=any(isinstance(x.operation, Rectify) for x in network.layers),
        quantised=isinstance(network.target, Loihi)
        and any(layer.on_chip for layer in network.layers),
        seed=network.train.seed,
        spiking=call("spiking = SpikingLayers", _settings(network), 4),
        statements=statements(network),
        loss=loss.function,
        cosine=network.train.schedule == "cosine",
        compile=compile_code(network, loss.expression),
    )
    return Module("keras_model.py", body)


def _settings(network: Network) -> list[str]:
    train = network.train
    arguments = ["NETWORK", "aware", "seed"]
    if train.l2:
        arguments.append(f"l2={number(train.l2)}")
    if train.rate_weight:
        arguments.append(f"rate_weight={number(train.rate_weight)}")
    return arguments


def _description(network: Network) -> str:
    read, readout = network.input, network.readout
    return docstring(
        f"It reads ``{read.name}``, {volume(read.shape)}, values in"
        f" {read.low:g}..{read.high:g}, and returns ``{readout.name}``,"
        f" {volume(readout.shape)}. An activation of 1.0 stands for the upper rate"
        " of its layer.",
        indent=4,
    )
