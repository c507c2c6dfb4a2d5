"""Cut a variational autoencoder at the mean of its latent values.

Its encoder computes a mean and a variance, from which a `Lambda` or a custom layer
draws a sample. The chip can't draw it, and the layers after it read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snnc.importer.graph import FOREIGN
from snnc.importer.model import KerasLayer, KerasModel, reachable
from snnc.importer.table import READERS, REFUSED

SPREADS = ("var", "sigma", "std", "log")
"""Parts of the names of layers that compute a variance."""
_SIZES = ("units", "filters")


def cut_at_mean(model: KerasModel) -> tuple[KerasModel, str]:
    """Return a model that ends at the mean of its latent values, and the mean's name.

    Return the same model and an empty name if the model draws no sample.
    """
    layers = {layer.name: layer for layer in model.layers}
    sampled = next((x for x in model.layers if _is_sample(x, layers)), None)
    if sampled is None:
        return model, ""
    mean = _find_mean(sampled)
    cut = {mean, *_layers_from(sampled, model)}
    others = [name for name in model.outputs if name not in cut]
    outputs = (mean, *others)
    needed = reachable(outputs, lambda name: layers[name].reads)
    remaining = tuple(x for x in model.layers if x.name in needed or not x.reads)
    # The loss is that of the whole autoencoder, so it says nothing about the mean.
    return replace(model, layers=remaining, outputs=outputs, compiled=None), mean


def _layers_from(start: KerasLayer, model: KerasModel) -> set[str]:
    """Return a layer and those that depend on it."""
    dependent = {start.name}
    for layer in model.layers:  # each layer comes after its sources
        if not dependent.isdisjoint(layer.reads):
            dependent.add(layer.name)
    return dependent


def _is_sample(layer: KerasLayer, layers: Mapping[str, KerasLayer]) -> bool:
    """Whether a layer of unknown code reads a mean and a spread, as in a VAE.

    Both are linear layers of the same kind, shape and source.
    """
    is_known = layer.kind in READERS or layer.kind in REFUSED
    is_code = layer.kind == "Lambda" or FOREIGN in layer.options or not is_known
    if not is_code or len({*layer.reads}) != 2:
        return False
    mean, spread = (layers[name] for name in layer.reads)
    return _shape_of(mean) == _shape_of(spread) and _is_linear_kernel(mean)


def _shape_of(layer: KerasLayer) -> tuple[Any, ...]:
    """Return what two layers have in common that differ only in their weights."""
    names = (*_SIZES, "activation")
    return layer.reads, layer.kind, [layer.options.get(name) for name in names]


def _is_linear_kernel(layer: KerasLayer) -> bool:
    is_linear = layer.options.get("activation") in (None, "linear")
    return is_linear and any(layer.options.get(size) for size in _SIZES)


def _find_mean(sampled: KerasLayer) -> str:
    """Return the source of a sample that is not named after a variance."""
    first, second = sampled.reads
    is_spread = any(word in first.lower() for word in SPREADS)
    return second if is_spread else first
