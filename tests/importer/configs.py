"""Configurations of small models, as Keras writes them."""

from __future__ import annotations

from typing import Any


def layer(kind: str, name: str, *reads: str, **options: Any) -> dict[str, Any]:
    """Return a layer of a functional model of Keras 2, called once."""
    nodes = [[[read, 0, 0, {}] for read in reads]] if reads else []
    config = {"name": name, **options}
    return {"class_name": kind, "config": config, "name": name, "inbound_nodes": nodes}


def functional(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return a functional model that reads its first layer and gives its last."""
    config = {
        "name": "net",
        "layers": list(layers),
        "input_layers": [[layers[0]["name"], 0, 0]],
        "output_layers": [[layers[-1]["name"], 0, 0]],
    }
    return {"class_name": "Functional", "config": config, "keras_version": "2.12.0"}


IMAGE = layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 1], dtype="float32")


def small() -> dict[str, Any]:
    """Return an image, a convolution and a dense layer."""
    return functional(
        IMAGE,
        layer("Conv2D", "c", "image", filters=2, kernel_size=[3, 3], dtype="float32"),
        layer("Flatten", "f", "c"),
        layer("Dense", "d", "f", units=3, kernel_regularizer=None, rate=0.5),
    )


OLD_L2 = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}
"""An L2 penalty as Keras 1 writes it."""


def old_model() -> dict[str, Any]:
    """Return a functional model as Keras 1.2 writes it."""
    conv = {"nb_filter": 2, "nb_row": 3, "nb_col": 3, "activation": "relu"}
    penalty = {"W_regularizer": OLD_L2}
    found = functional(
        IMAGE,
        layer("Convolution2D", "c", "image", **conv, **penalty),
        layer("Convolution2D", "a", "c", border_mode="same", **conv, **penalty),
        layer("Merge", "m", "c", "a", mode="concat", concat_axis=-1, mode_type="raw"),
        layer("AveragePooling2D", "p", "m", pool_size=[2, 2], border_mode="valid"),
        layer("Dropout", "o", "p", p=0.25),
        layer("Flatten", "f", "o"),
        layer("Dense", "d", "f", output_dim=3, activation="softmax", **penalty),
    )
    found["keras_version"] = "1.2.2"
    return found
