"""Models of a few layers, read and converted."""

from __future__ import annotations

from typing import Any

from snnc.importer.build import build
from snnc.importer.convert import Conversion, convert
from snnc.importer.request import ImportRequest
from tests.importer.configs import IMAGE, functional, layer

CONV: dict[str, Any] = {"filters": 2, "kernel_size": [3, 3], "activation": "relu"}
POOL = {"pool_size": [2, 2]}
END = layer("Dense", "end", "f", units=3, activation="softmax")


def of(*layers: dict[str, Any], **request: Any) -> Conversion:
    return convert(
        build(functional(*layers), None, None)[0], ImportRequest(**request), "m.h5"
    )


def between(
    kind: str, options: dict[str, Any] | None = None, **request: Any
) -> Conversion:
    """Put a layer between a convolution and the end of a model."""
    return of(
        IMAGE,
        layer("Conv2D", "a", "image", **CONV),
        layer(kind, "x", "a", **(options or {})),
        layer("Conv2D", "b", "x", **CONV | {"kernel_size": [1, 1]}),
        layer("Flatten", "f", "b"),
        END,
        **request,
    )
