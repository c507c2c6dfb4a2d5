"""Architectures as publications describe them, written as Keras's configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.importer.configs import functional, layer

Build = Callable[[], "Net"]


class Net:
    """A functional model in the making; each method adds a layer and gives its name.

    Parameters
    ----------
    name, shape :
        Of the model and its input.
    """

    def __init__(self, name: str, *shape: int) -> None:
        self.rank = len(shape) - 1
        size = [None, *shape]
        self._layers = [layer("InputLayer", "image", batch_input_shape=size)]
        self._name = name
        self.at = "image"

    def put(self, kind: str, *reads: str, **options: Any) -> str:
        name = f"{kind.lower()}_{len(self._layers)}"
        self._layers.append(layer(kind, name, *(reads or (self.at,)), **options))
        self.at = name
        return name

    def conv(
        self, filters: int, size: Any = 3, act: str = "relu", **options: Any
    ) -> str:
        return self.put(
            f"Conv{self.rank}D", filters=filters, activation=act,
            **self._size_options(size, options),
        )  # fmt: skip

    def depth(self, size: Any = 3, act: str = "linear", **options: Any) -> str:
        kind = f"DepthwiseConv{self.rank}D"
        return self.put(kind, activation=act, **self._size_options(size, options))

    def separable(
        self, filters: int, size: Any = 3, act: str = "linear", **options: Any
    ) -> str:
        kind = f"SeparableConv{self.rank}D"
        sized = self._size_options(size, options)
        return self.put(kind, filters=filters, activation=act, **sized)

    def _size_options(self, size: Any, options: dict[str, Any]) -> dict[str, Any]:
        sizes = list(size) if isinstance(size, tuple) else [size] * self.rank
        padding = "same" if options.pop("same", False) else "valid"
        return {"kernel_size": sizes, "padding": padding, **options}

    def conv_norm(
        self, filters: int, size: Any = 3, act: str = "relu", **o: Any
    ) -> str:
        """Add a convolution, a batch norm and an activation."""
        self.conv(filters, size, "linear", use_bias=False, **o)
        self.norm()
        return self.act(act)

    def norm(self) -> str:
        return self.put("BatchNormalization")

    def act(self, name: str = "relu") -> str:
        return self.put("Activation", activation=name)

    def pool(self, size: Any = 2, kind: str = "Max", **options: Any) -> str:
        sizes = list(size) if isinstance(size, tuple) else [size] * self.rank
        padding = "same" if options.pop("same", False) else "valid"
        name = f"{kind}Pooling{self.rank}D"
        return self.put(name, pool_size=sizes, padding=padding, **options)

    def average(self, size: Any = 2, **options: Any) -> str:
        return self.pool(size, "Average", **options)

    def mean(self) -> str:
        return self.put(f"GlobalAveragePooling{self.rank}D")

    def drop(self, rate: float = 0.5) -> str:
        return self.put("Dropout", rate=rate)

    def flat(self) -> str:
        return self.put("Flatten")

    def dense(self, units: int, act: str = "relu", **options: Any) -> str:
        return self.put("Dense", units=units, activation=act, **options)

    def add(self, *reads: str) -> str:
        return self.put("Add", *reads)

    def join(self, *reads: str) -> str:
        return self.put("Concatenate", *reads, axis=-1)

    def config(self) -> dict[str, Any]:
        found = functional(*self._layers)
        found["config"]["name"] = self._name
        return found
