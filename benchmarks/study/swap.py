"""Convert as users do without snnc: swap Keras' ReLUs for spiking neurons.

The model is the plain one: the layers of the generated model, with the weights that
were trained without knowing the chip, and neither rate budgets nor clipped values.
`nengo_dl.Converter` makes a network of it, which runs in NengoDL's own simulator.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.curve import accuracy, over_time
from benchmarks.study.data import Examples
from benchmarks.study.floats import keras_model
from benchmarks.study.packages import Files
from snnc.output.imported import open_package
from snnc.runtime.examples import decide

BATCH = 50
KEPT = ("Flatten", "Dropout")


class Swap:
    """The converted network; ``tuned`` as an expert does it.

    An expert scales firing rates, here to the spec's upper rates, and filters spikes,
    here with the spec's synapses. Without that a unit of 1.0 fires at 1 Hz.
    """

    def __init__(self, files: Files, tuned: bool) -> None:
        self._files = files
        self._network = open_package(files.package).network
        self._model = plain_model(files)
        self._tuned = tuned

    def keras(self, test: Examples) -> dict[str, Any]:
        """Judge the plain model."""
        return accuracy(self._model.predict(test.x, verbose=0), test.y)

    def rates(self, test: Examples) -> dict[str, Any]:
        """Judge what is converted without a swap, in one step."""
        return accuracy(_run(self._convert(spiking=False), test, 1)[:, -1], test.y)

    def nengo(self, test: Examples) -> dict[str, Any]:
        """Judge spikes, for as long, and decided by, as the spec says."""
        rows = _run(self._convert(spiking=True), test, self._network.steps)
        how = self._network.readout.decide
        judged = accuracy(decide(rows, how), test.y)
        return {**judged, "curve": over_time(rows, test.y, how)}

    def loihi(self) -> dict[str, Any]:
        """Say what nengo-loihi makes of it, with the first layer on the host."""
        import nengo_loihi

        converter = self._convert(spiking=True)
        nengo_loihi.add_params(converter.net)
        first = next(layer for layer in self._model.layers if layer.weights)
        converter.net.config[converter.layers[first].ensemble].on_chip = False
        with _catch_error() as told, nengo_loihi.Simulator(converter.net, target="sim"):
            pass
        return {"refused": told[0]} if told else {"runs": True}

    def reference(self) -> dict[str, Any]:
        """Say whether nengo's own simulator takes a step of it."""
        import nengo

        net = self._convert(spiking=True).net
        model = nengo.builder.Model(0.001)
        with (
            _catch_error() as told,
            nengo.Simulator(net, model=model, progress_bar=False),
        ):
            pass
        return {"refused": told[0]} if told else {"runs": True}

    def fallbacks(self) -> list[str]:
        """Return what Converter warns of as long as it may also be trained."""
        import nengo_dl

        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            nengo_dl.Converter(self._model)
        texts = [str(warning.message) for warning in found]
        return [text for text in texts if "TensorNode" in text]

    def _convert(self, spiking: bool) -> Any:
        import nengo
        import nengo_dl
        from tensorflow import keras

        relu = keras.activations.relu
        layers = self._network.layers
        scales = {self._model.get_layer(name): layers[name].high for name in layers}
        chip = [layer for layer in layers.values() if not layer.encoder]
        synapses = [layer.synapse for layer in chip if layer.synapse]
        tuned = {"scale_firing_rates": scales, "synapse": synapses[0]}
        return nengo_dl.Converter(
            self._model,
            inference_only=True,  # else regularisers and dropout stay Keras layers
            swap_activations={relu: nengo.SpikingRectifiedLinear()} if spiking else {},
            **(tuned if spiking and self._tuned else {}),
        )


def plain_model(files: Files) -> Any:
    """Return the generated model's layers as a user without snnc writes them."""
    from tensorflow import keras

    generated = keras_model(files.package).build_model()
    tensors = open_package(files.package).layout.load(files.weights)
    *_, readout = [layer for layer in generated.layers if _is_trained(layer, tensors)]
    first = values = keras.Input(generated.input_shape[1:])
    for layer in generated.layers:
        if type(layer).__name__ in KEPT:
            values = type(layer).from_config(layer.get_config())(values)
        elif _is_trained(layer, tensors):
            config = layer.get_config()
            config["activation"] = "linear" if layer is readout else "relu"
            config["use_bias"] = True  # of batch norm that is folded into the layer
            copy = type(layer).from_config(config)
            values = copy(values)
            names = f"{layer.name}.kernel", f"{layer.name}.bias"
            copy.set_weights([tensors[name] for name in names])
    return keras.Model(first, values)


def _is_trained(layer: Any, tensors: dict[str, Any]) -> bool:
    return f"{layer.name}.kernel" in tensors


def _run(converter: Any, test: Examples, steps: int) -> NDArray[Any]:
    """Return rows, (examples, steps, units), of NengoDL's simulator."""
    import nengo_dl

    (source,), (target,) = converter.inputs.values(), converter.outputs.values()
    values = test.x.reshape(len(test), 1, -1)
    size = min(BATCH, len(test))
    whole = len(test) // size * size  # Keras takes whole batches only
    if whole != len(test):
        raise ValueError(f"{len(test)} examples are not batches of {size}")
    with nengo_dl.Simulator(
        converter.net, minibatch_size=size, progress_bar=False
    ) as simulator:
        parts = [
            simulator.predict(
                {source: np.repeat(values[at : at + size], steps, axis=1)}, verbose=0
            )[target]
            for at in range(0, len(test), size)
        ]
    return np.concatenate(parts)


@contextmanager
def _catch_error() -> Iterator[list[str]]:
    """Give a list that holds an exception's first line once one is raised."""
    told: list[str] = []
    try:
        yield told
    except Exception as error:  # of whatever kind: it is what is asked for
        first = (str(error).splitlines() or [""])[0]
        told.append(f"{type(error).__name__}: {first}")
