"""Runs `nengo_dl.Converter` over a model, and watches what it does with each layer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf
from nengo_dl.converter import LayerConverter

from snnc.importer.converter.ask import ConverterTrial, words
from snnc.importer.converter.run_loihi import refusals

Owners = dict[Any, str]
"""The layer that a Nengo object was made for."""


def convert(model: Any, inference_only: bool = True) -> Mapping[str, ConverterTrial]:
    """Convert a model, have nengo-loihi build the result, and make one step.

    The activation is `nengo.SpikingRectifiedLinear`, and neurons that no others come
    before run on the host, as in nengo-loihi's example of a Keras model.

    What becomes a TensorNode, or raises, is told and replaced by neurons (values of the
    host, if it stands before all neurons), so that the layers behind it are tried too.

    Returns
    -------
    mapping
        By the layers' full names; without those behind one that can't be replaced.
    """
    watched = Watched(functional(model), inference_only)
    if watched.net is None:
        return watched.trials
    refused, places = refusals(watched.net, watched.owners)
    outputs = {tensor._keras_history.layer.name for tensor in watched.outputs_of_model}
    trials = {}
    for name, trial in watched.trials.items():
        reason = refused.get(name) or (refused.get("") if name in outputs else None)
        if trial.loihi == "builds":
            trials[name] = ConverterTrial(
                trial.converter,
                "refused" if reason else "builds",
                reason or places.get(name, ""),
            )
        else:
            trials[name] = trial
    return trials


def functional(model: Any) -> Any:
    """Return a Sequential model as one whose input has its name."""
    if isinstance(model, tf.keras.Sequential) and model.built:
        return tf.keras.Model(model.inputs, model.outputs, name=model.name)
    return model


class Watched(nengo_dl.Converter):  # type: ignore[misc]
    """The Converter, and what became of each layer.

    Attributes
    ----------
    trials :
        Of each layer; that it ``builds`` means that nengo-loihi is still to try it.
    net :
        None if the Converter could not go on.
    """

    def __init__(self, model: Any, inference_only: bool) -> None:
        self.trials: dict[str, ConverterTrial] = {}
        self.owners: Owners = {}
        self.scopes: list[str] = []
        self.outputs_of_model = model.outputs
        spiking = nengo.SpikingRectifiedLinear()
        swaps = dict.fromkeys((tf.keras.activations.relu, tf.nn.relu), spiking)
        try:
            super().__init__(
                model, inference_only=inference_only, swap_activations=swaps
            )
        except MemoryError:
            raise
        except Exception as error:
            self.net = None
            stopped = f"the Converter stops behind it: {words(error)}"
            for name, trial in self.trials.items():
                if trial.loihi == "builds":
                    self.trials[name] = ConverterTrial(
                        trial.converter, "refused", stopped
                    )

    def get_converter(self, layer: Any) -> Any:
        """See `nengo_dl.Converter`."""
        if not nengo.Network.context:  # the model itself
            return super().get_converter(layer)
        return LayerStep(self, layer)

    def converter_of(self, layer: Any) -> Any:
        return super().get_converter(layer)


class LayerStep:
    """What the Converter calls to convert one layer."""

    def __init__(self, converter: Watched, layer: Any) -> None:
        self.converter, self.layer = converter, layer
        self.name = "/".join((*converter.scopes, layer.name))
        self.is_model = isinstance(layer, tf.keras.Model)

    def convert(self, node_id: int) -> Any:
        """Return the Nengo object of the layer's output, or one in place of it."""
        with warnings.catch_warnings(record=True) as caught, self._owning():
            warnings.simplefilter("always")
            try:
                with self._scope():
                    made = self.converter.converter_of(self.layer).convert(node_id)
            except MemoryError:
                raise
            except Exception as error:
                self._tell(ConverterTrial("exception", "refused", words(error)))
                return self._stand_in(node_id, error)
            if isinstance(made, nengo_dl.TensorNode):
                why = "; ".join(dict.fromkeys(words(w.message) for w in caught))
                self._tell(
                    ConverterTrial("TensorNode", "refused", f"{why}; {_step(made)}")
                )
                return self._stand_in(node_id, None)
        if not self.is_model:
            self._tell(ConverterTrial("native", "builds", ""))
        return made

    def _tell(self, trial: ConverterTrial) -> None:
        trials = self.converter.trials
        inside = [name for name in trials if name.startswith(f"{self.name}/")]
        trials.update(dict.fromkeys(inside or [self.name], trial))

    @contextmanager
    def _scope(self) -> Iterator[None]:
        if self.is_model:
            self.converter.scopes.append(self.layer.name)
        try:
            yield
        finally:
            if self.is_model:
                self.converter.scopes.pop()

    @contextmanager
    def _owning(self) -> Iterator[None]:
        net = nengo.Network.context[0]
        try:
            yield
        finally:
            for made in (*net.all_nodes, *net.all_ensembles, *net.all_connections):
                self.converter.owners.setdefault(made, self.name)

    def _stand_in(self, node_id: int, error: Exception | None) -> Any:
        """Return neurons, or values of the host, in place of the layer's output."""
        try:
            size = int(np.prod(self.layer.get_output_shape_at(node_id)[1:]))
            base = LayerConverter(self.layer, self.converter)
            count = len(tf.nest.flatten(self.layer.get_input_at(node_id)))
            before = [base.get_input_obj(node_id, index) for index in range(count)]
        except Exception as unknown:
            raise (error or unknown) from unknown
        if not nengo.Network.context[0].all_ensembles:
            return nengo.Node(np.zeros(size))
        gain, bias = nengo.dists.Choice([1]), nengo.dists.Choice([0])
        spiking = nengo.SpikingRectifiedLinear()
        neurons = nengo.Ensemble(
            size, 1, neuron_type=spiking, gain=gain, bias=bias, label=self.name
        ).neurons
        for made in before:
            nengo.Connection(made[0], neurons[0], synapse=None)
        return neurons


def _step(node: Any) -> str:
    """Return what the simulator of nengo-loihi's host says at its first step."""
    try:
        node.output(0.0, np.zeros(node.size_in))
    except Exception as error:
        return words(error)
    return ""
