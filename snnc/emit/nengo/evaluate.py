"""`evaluate.py`: accuracy and rates of the generated network on spikes."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.python import items, number
from snnc.emit.quoting import quote
from snnc.graph.logical import Layer, Loihi, Network


def evaluate(network: Network) -> Module:
    """The module that runs the network on a data set and prints a report."""
    readout = network.readout
    regression = readout.labels is None
    chip = isinstance(network.target, Loihi)
    steps = network.timing.steps
    body = render(
        "nengo/templates/evaluate.py.jinja",
        name=network.name,
        chip=chip,
        aware=chip and network.train.aware,
        regression=regression,
        score="rmse" if regression else "accuracy",
        agreement="difference" if regression else "agreement",
        decide=readout.decide,
        decide_doc=(
            f"the mean of steps {steps // 2} to {steps - 1}"
            if readout.decide == "mean"
            else "those of the last step"
        ),
        input_dims=", ".join(map(str, network.input.shape)),
        labels_doc=(
            f"(examples, {readout.units})" if regression else "(examples,) labels"
        ),
        cores_doc="; on Loihi the ``cores``" if chip else "",
        budgets=tuple(
            _budget(layer) for layer in network.layers if layer.spiking is not None
        ),
    )
    return Module("evaluate.py", body)


def _budget(layer: Layer) -> str:
    assert layer.spiking is not None
    rate = layer.spiking.rate
    bounds = items(number(float(v)) for v in (rate.low, rate.high, rate.percentile))
    return f"{quote(layer.name)}: Budget{bounds}"
