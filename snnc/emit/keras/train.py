"""``train.py`` of a network."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.python import number, volume
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Network


def train(network: Network) -> Module:
    """Return the module that trains the Keras model and writes its weights."""
    settings = network.train
    body = render(
        "keras/templates/train.py.jinja",
        docstring=_docstring(network),
        epochs=settings.epochs,
        batch=settings.batch,
        validation=number(settings.validation),
        seed=settings.seed,
        cosine=settings.schedule == "cosine",
    )
    return Module("train.py", body)


def _docstring(network: Network) -> str:
    shape = volume(network.input.shape).replace("batch", "examples")
    return module_docstring(
        "Train {name} and write its weights.",
        network.name,
        f"``python -m {network.name}.train --data data.npz --weights w.safetensors``,"
        f" where data.npz holds ``x``, {shape}, and ``y``, {_labels(network)}.",
    )


def _labels(network: Network) -> str:
    if network.readout.labels is None:
        return f"values (examples, {network.readout.units})"
    return f"labels (examples,), integers below {network.readout.units}"
