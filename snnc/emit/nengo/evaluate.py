"""`evaluate.py`: accuracy and rates of the generated network on spikes."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.python import bracket, items, number
from snnc.emit.quoting import docstring, module_docstring, quote
from snnc.graph.logical import Layer, Loihi
from snnc.graph.mapped import MappedNetwork
from snnc.loihi.profile import load_profile
from snnc.loihi.wiring import wirings_of


def evaluate(mapped: MappedNetwork) -> Module:
    """The module that runs the network on a data set and prints a report."""
    network = mapped.lowered.network
    readout = network.readout
    regression = readout.labels is None
    chip = isinstance(network.target, Loihi)
    steps = network.timing.steps
    body = render(
        "nengo/templates/evaluate.py.jinja",
        name=network.name,
        docstring=module_docstring(
            "Run {name} on spikes: how right it is and how fast it fires.",
            network.name,
            f"``python -m {network.name}.evaluate --data data.npz --weights "
            "w.safetensors --simulator nengo`` does so from the command line.",
        ),
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
        returns_doc=docstring(_returns(regression, chip), 4),
        raises_doc=docstring(_raises(chip), 4),
        errors=_errors(chip),
        budgets=tuple(
            _budget(layer) for layer in network.layers if layer.spiking is not None
        ),
        **_energy(mapped),
    )
    return Module("evaluate.py", body)


def _returns(regression: bool, chip: bool) -> str:
    score = "``rmse``" if regression else "``accuracy`` with its 95 % interval"
    of_keras = (
        "``keras_rmse`` and the root mean square ``difference``"
        if regression
        else "``keras_accuracy`` and the ``agreement``"
    )
    cores = (
        "; on Loihi the ``cores``, and of an example the ``synaptic_operations`` and "
        "``energy_joules``"
        if chip
        else ""
    )
    return (
        f"Returns what JSON can hold: the {score}, and where TensorFlow is installed "
        f"{of_keras} of both; for ``layers`` the percentile of their rates in Hz and "
        "whether the budget holds; the share of encoder values that is "
        f"``clipped``{cores}."
    )


def _raises(chip: bool) -> str:
    refused = ", RefusedError if it refuses the network" if chip else ""
    return (
        "Raises DataError if an array does not fit, LayoutError if the weights do not, "
        "ValueError if there is no such simulator or no example, ModuleNotFoundError "
        f"if the simulator is not installed{refused}."
    )


def _errors(chip: bool) -> str:
    """Those that the command line shows as one line in place of a traceback."""
    refused = ["RefusedError"] if chip else []
    names = ["DataError", "LayoutError", "ModuleNotFoundError", "OSError", *refused]
    return bracket("except (", names, ") as error:", 4)


def _budget(layer: Layer) -> str:
    assert layer.spiking is not None
    rate = layer.spiking.rate
    bounds = items(number(float(v)) for v in (rate.low, rate.high, rate.percentile))
    return f"{quote(layer.name)}: Budget{bounds}"


def _energy(mapped: MappedNetwork) -> dict[str, object]:
    """What spikes and steps take on the chip."""
    profile = load_profile()
    energy, wirings = profile.energy, wirings_of(mapped, profile)

    def fanout(name: str) -> str:
        read = [wiring for wiring in wirings if wiring.source == name]
        counts = [
            str(sum(wiring.operations for wiring in read)),
            str(sum(wiring.messages for wiring in read)),
        ]
        return bracket(f"{quote(name)}: Fanout(", counts, "),", 4)

    costs = (energy.synaptic_operation, energy.spike, energy.active_update)
    return {
        "fanouts": tuple(fanout(p.population.name) for p in mapped.populations),
        "picojoules": items(number(float(cost)) for cost in costs),
        "energy_doc": docstring(f"Costs are the least of {energy.source}.", 4),
    }
