# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What lets a saved model of Keras be loaded: its layers by name, their data."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import Any, TypeVar

from tensorflow import keras

from .network import Cut, Layer, Lif, MaxPool

PACKAGE = __name__.rpartition("._runtime")[0] or "snnc"

Class = TypeVar("Class", bound=type)


def registered(cls: Class) -> Class:
    """Register a layer's class under the name of this package."""
    # A notebook may load a module again; Keras 2 refuses a name it knows.
    keras.utils.get_custom_objects().pop(f"{PACKAGE}>{cls.__name__}", None)
    keras.utils.register_keras_serializable(PACKAGE)(cls)
    return cls


def layer_of(config: dict[str, Any]) -> Layer:
    """Return a layer from what a saved model says of it."""
    lif, pool = config["lif"], config["pool"]
    return Layer(
        shape=tuple(config["shape"]),
        rate=(config["rate"][0], config["rate"][1]),
        percentile=config["percentile"],
        encoder=config["encoder"],
        lif=lif and Lif(**lif),
        synapse=config["synapse"],
        cut=_cut(config["cut"]),
        fanout=(config["fanout"][0], config["fanout"][1]),
        pool=pool and _pool(pool),
    )


def _cut(config: dict[str, Any]) -> Cut:
    return Cut(config["group"], config["block"] and tuple(config["block"]))


def _pool(config: dict[str, Any]) -> MaxPool:
    return MaxPool(
        reads=tuple(config["reads"]),
        window=tuple(config["window"]),
        stride=tuple(config["stride"]),
        padding=config["padding"],
        cuts=tuple(map(_cut, config["cuts"])),
    )
