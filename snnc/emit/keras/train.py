"""``train.py`` of a network, the pipelines that feed it, and its progress."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.keras.layers import has_dropout
from snnc.emit.python import number, volume
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Network


def train(network: Network, integers: bool = False) -> Module:
    """Return the module that trains the Keras model and writes its weights.

    With ``integers``, it can use `_integers`, which the package must have then.
    """
    settings = network.train
    body = render(
        "keras/templates/train.py.jinja",
        name=network.name,
        docstring=_docstring(network),
        epochs=settings.epochs,
        seed=settings.seed,
        dropout=has_dropout(network),
        aware="True" if settings.aware else "False",
        cosine=settings.schedule == "cosine",
        integers=integers,
    )
    return Module("train.py", body)


def pipelines(network: Network) -> Module:
    """Return the module that shuffles, splits and batches examples."""
    settings = network.train
    body = render(
        "keras/templates/_pipelines.py.jinja",
        docstring=module_docstring(
            "Examples for {name} as tf.data pipelines, in batches.", network.name
        ),
        batch=settings.batch,
        validation=number(settings.validation) if settings.validation else "",
        classified=network.readout.labels is not None,
    )
    return Module("_pipelines.py", body)


def progress(network: Network, integers: bool = False) -> Module:
    """Return the module that saves a training after each epoch, to resume it.

    With ``integers``, it tells trainings with `_integers` from others.
    """
    body = render(
        "keras/templates/_progress.py.jinja",
        docstring=module_docstring(
            "The progress of a training of {name}, saved to resume it.", network.name
        ),
        integers=integers,
    )
    return Module("_progress.py", body)


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
