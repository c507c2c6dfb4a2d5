"""Small models, as Keras writes their configurations and as an import converts them."""

from typing import Any

from snnc.importer.convert import Conversion, convert
from snnc.importer.graph import build
from snnc.importer.model import ImportRequest, KerasModel


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
CONV: dict[str, Any] = {"filters": 2, "kernel_size": [3, 3], "activation": "relu"}
POINT = CONV | {"kernel_size": [1, 1]}
POOL = {"pool_size": [2, 2]}


def small() -> dict[str, Any]:
    """Return an image, a convolution and a dense layer."""
    return functional(
        IMAGE,
        layer("Conv2D", "c", "image", filters=2, kernel_size=[3, 3], dtype="float32"),
        layer("Flatten", "f", "c"),
        layer("Dense", "d", "f", units=3, kernel_regularizer=None, rate=0.5),
    )


def ended(*layers: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return a model of an image, with a dense layer after the last of the layers."""
    flat = layer("Flatten", "f", layers[-1]["name"])
    end = layer("Dense", "end", "f", units=3, **{"activation": "softmax"} | options)
    return functional(IMAGE, *layers, flat, end)


def model_of(config: dict[str, Any]) -> KerasModel:
    return build(config, None, None)[0]


def of(config: dict[str, Any], **request: Any) -> Conversion:
    return convert(model_of(config), ImportRequest(**request), "m.h5")


def text_of(config: dict[str, Any], **request: Any) -> str:
    """Return the spec of a model that can be imported."""
    written = of(config, **request).written
    assert written is not None
    return written.text


def told_of(config: dict[str, Any], **request: Any) -> list[str]:
    return [problem.code for problem in of(config, **request).problems]


def around(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return a model with layers from `a`, a convolution, to `x`, before another."""
    first = layer("Conv2D", "a", "image", **CONV)
    return ended(first, *layers, layer("Conv2D", "b", "x", **POINT))


def between(
    kind: str, options: dict[str, Any] | None = None, **request: Any
) -> Conversion:
    """Convert a model with a layer between two convolutions."""
    return of(around(layer(kind, "x", "a", **(options or {}))), **request)
