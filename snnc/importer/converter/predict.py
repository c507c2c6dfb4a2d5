"""Predicts what becomes of a Keras model."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.importer.converter.convert import Outcome, convert
from snnc.importer.converter.loihi import NO_NEURONS, Judge
from snnc.importer.converter.network import Converted
from snnc.importer.converter.prediction import Prediction
from snnc.importer.model import Model


def predict(model: Model) -> Mapping[str, Prediction]:
    """Return for each layer of a model what becomes of it, in the model's order.

    The user calls, with TensorFlow 2.12, nengo-dl 3.6 and nengo-loihi 1.1::

        spiking = nengo.SpikingRectifiedLinear()
        converter = nengo_dl.Converter(
            model,
            swap_activations={
                tf.keras.activations.relu: spiking,
                tf.nn.relu: spiking,
            },
            inference_only=True,
        )
        nengo_loihi.add_params(converter.net)
        # for the neurons that no other neurons come before:
        converter.net.config[neurons.ensemble].on_chip = False
        with nengo_loihi.Simulator(converter.net, target="sim") as sim:
            sim.run_steps(1)

    A layer is judged by the objects that are made of it, in the place that it has in
    the model. What is behind a TensorNode or an exception is judged as if that layer
    were mended. So the model runs if and only if all layers are ``native`` and build.
    """
    conversion = convert(model)
    judge = Judge(conversion.network)
    refusals = judge.judge()
    if not judge.chip:
        refusals.update(dict.fromkeys(model.outputs, NO_NEURONS))
    return {
        name: _prediction(name, outcome, refusals, judge)
        for name, outcome in conversion.outcomes.items()
    }


def _prediction(
    name: str,
    outcome: Outcome,
    refusals: Mapping[str, str],
    judge: Judge,
) -> Prediction:
    if not isinstance(outcome, Converted):
        return Prediction("exception", "refused", f"the converter raises: {outcome}")
    if outcome.output is None:
        why = f"{outcome.tensor} becomes a TensorNode, which nengo-loihi cannot run"
        return Prediction("TensorNode", "refused", _noted(why, outcome.note))
    if name in refusals:
        return Prediction("native", "refused", _noted(refusals[name], outcome.note))
    why = _place(outcome, name, judge)
    return Prediction("native", "builds", _noted(why, outcome.note))


def _noted(why: str, note: str) -> str:
    return f"{why}; {note}" if note else why


def _place(outcome: Converted, name: str, judge: Judge) -> str:
    made = outcome.output
    if made is None or made.layer != name:
        return "it needs no Nengo object: the layer behind reads the same"
    if made in judge.chip:
        return "it becomes neurons on the chip"
    if made.kind == "neurons":
        return "it becomes neurons on the host, whose spikes go to the chip"
    if made in judge.away:
        return "it becomes a Node, whose connections nengo-loihi merges into others"
    return "it becomes a Node on the host"
