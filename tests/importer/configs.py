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
