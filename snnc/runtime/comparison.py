# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What a network's Keras model says of the examples that spikes were counted of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .layout import Weights, source_of
from .measures import Compared
from .network import Network
from .results import KerasModel
from .statistics import Correlation

BATCH = 64  # examples


def model_of(
    network: Network,
    weights: Weights,
    simulator: str,
) -> KerasModel:
    """Return which Keras model a simulator's spikes are compared with.

    It is the one that the weights were trained in, where the simulator has the
    chip's discrete rates.
    """
    if source_of(weights) is not None:
        return "imported"
    discrete = simulator in ("loihi", "exact", "keras")
    return "aware" if discrete and network.aware else "smooth"


class Reference:
    """A network's Keras model with trained weights.

    It is built when it is first used, as TensorFlow takes seconds to import.
    """

    def __init__(
        self,
        network: Network,
        program: Callable[[], ModuleType],
        weights: Weights,
        model: KerasModel,
    ) -> None:
        """Take ``keras_model`` of a package, by what imports it, and weights.

        The neurons of an "aware" model fire as the chip lets them.
        """
        self._network = network
        self._program = program
        self._weights = weights
        self.model = model

    def outputs(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Return the outputs of examples: (examples, units)."""
        return self._predicted(x)[0]

    def compared(
        self,
        x: NDArray[Any],
        spikes: Mapping[str, NDArray[Any]],
    ) -> Compared:
        """Compare the activations of layers with the spikes of examples.

        ``spikes`` are (examples, ...) of each layer, in Keras order. Rates, to
        which they are proportional, are what activations stand for.
        """
        outputs, *activations = self._predicted(x)
        pairs = zip(self._network.layers, activations, strict=True)
        alike = {name: Correlation.of(a, spikes[name]) for name, a in pairs}
        return Compared(outputs, alike)

    def _predicted(self, x: NDArray[Any]) -> list[NDArray[Any]]:
        batches = [x[i : i + BATCH] for i in range(0, len(x), BATCH)]
        predicted = [self._model.predict_on_batch(batch) for batch in batches]
        outputs, *layers = map(np.concatenate, zip(*predicted, strict=True))
        return [np.asarray(outputs, np.float64), *layers]

    @cached_property
    def _model(self) -> Any:
        """The model of the outputs, then of what each layer of neurons gives."""
        from .calibration import with_activations

        program = self._program()
        model = program.build_model(aware=self.model == "aware")
        program.import_weights(model, self._weights)
        return with_activations(model, self._network.layers)
