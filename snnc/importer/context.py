"""Describe a model before its layers are read: sources, readers, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from snnc.importer.model import ImportRequest, KerasLayer, KerasModel, ModelWeights

NORMS = ("BatchNormalization", "SyncBatchNormalization")
SHAPING = (
    "Flatten", "Reshape", "Permute", "Dropout", "GaussianNoise", "GaussianDropout",
    "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "ActivityRegularization",
)  # fmt: skip
"""Layers that do not change values in inference."""
ENDING = ("Activation", "Softmax", "ReLU", "LeakyReLU", "Flatten", "Reshape")
"""Layers that keep the order of a vector's values."""


@dataclass(frozen=True, eq=False, repr=False)
class ImportContext:
    """A model, and what the user wants.

    Attributes
    ----------
    weights :
        None if they are unknown, or if the spec does not depend on them (see
        `snnc.importer.read`).
    mean :
        The mean at which a variational autoencoder was cut; empty for other models.
    """

    model: KerasModel
    request: ImportRequest
    weights: ModelWeights | None = None
    mean: str = ""

    @cached_property
    def layers(self) -> Mapping[str, KerasLayer]:
        """The layers by name, each after its sources."""
        return {layer.name: layer for layer in self.model.layers}

    @cached_property
    def readers(self) -> Mapping[str, list[str]]:
        """The layers that read each layer."""
        readers: dict[str, list[str]] = {name: [] for name in self.layers}
        for layer in self.model.layers:
            for name in layer.reads:
                readers[name].append(layer.name)
        return readers

    @cached_property
    def inputs(self) -> list[str]:
        """The inputs that a layer reads or the model outputs."""
        ends = self.model.outputs
        return [n for n in self.model.inputs if self.readers[n] or n in ends]

    def is_read_once(self, name: str) -> bool:
        """Whether one layer reads a value that the model does not output."""
        return len(self.readers[name]) == 1 and name not in self.model.outputs

    def output_of(
        self, layer: KerasLayer, kinds: tuple[str, ...] = SHAPING
    ) -> str | None:
        """Return the output that follows a layer after only these kinds, or None."""
        name = layer.name
        for after in self.followers(name):
            named = after.options.get("activation")
            is_linear = after.kind == "Activation" and named in ("linear", None)
            if not is_linear and after.kind not in kinds:
                break
            name = after.name
        is_output = not self.readers[name] and name in self.model.outputs
        return name if is_output else None

    def is_read_alone(self, layer: KerasLayer) -> bool:
        """Whether no other layer reads a layer's first source."""
        return bool(layer.reads) and self.is_read_once(layer.reads[0])

    def before(self, layer: KerasLayer) -> Iterator[KerasLayer]:
        """Yield the layers before a layer, nearest first, along their first sources.

        Stop at a source that another layer also reads.
        """
        while self.is_read_alone(layer):
            layer = self.layers[layer.reads[0]]
            yield layer

    def followers(self, name: str) -> Iterator[KerasLayer]:
        """Yield the layers after a layer, while only one layer reads each value."""
        while self.is_read_once(name):
            after = self.layers[self.readers[name][0]]
            yield after
            name = after.name

    def rectified(
        self, layer: KerasLayer
    ) -> tuple[tuple[KerasLayer, ...], KerasLayer] | None:
        """Return the norms and the ReLU that follow a layer, or None.

        The result is also None if another layer reads the values in between. A maximum
        commutes with all these layers if no norm changes a sign.
        """
        norms: list[KerasLayer] = []
        for after in self.followers(layer.name):
            options = after.options
            bends = ("max_value", "negative_slope", "threshold")
            is_plain = not any(options.get(bend) for bend in bends)
            named = after.kind == "Activation" and options.get("activation") == "relu"
            if named or (after.kind in ("ReLU", "Neurons") and is_plain):
                return tuple(norms), after
            if after.kind in NORMS and self.is_rising(after):
                norms.append(after)
            elif after.kind not in ("Dropout", "SpatialDropout1D", "SpatialDropout2D"):
                return None
        return None

    def is_rising(self, norm: KerasLayer) -> bool:
        """Whether all factors of a norm are at least 0, or unknown."""
        # Without weights, assume so, which is nearly always true (decision 031).
        if self.weights is None:
            return True
        gamma: Any = self.weights.of(norm.name).get("gamma")
        return gamma is None or bool((gamma >= 0).all())
