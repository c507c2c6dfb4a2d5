"""Compare energy and time with SANA-FE: ``python -m benchmarks.chip_model``.

SANA-FE is a model of the chip that we did not write. It gets the cores, the messages
and the spikes of each step of networks with drawn weights, and the costs of the device
file, and adds them up itself. ``make test-sanafe`` creates its environment.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import snnc
from benchmarks import record
from snnc.exact import make_engine
from snnc.exact.work import CoreWork
from snnc.ir.device import Profile
from snnc.loihi.profile import read_profile
from snnc.loihi.timing import ChipTime, CoreLoad, estimate_time
from snnc.output.imported import ImportedPackage
from snnc.verbs.evaluate.measures import work_of
from tests.exact.proof import random_images, random_weights

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "tests/sanafe/clients/run.py"
PYTHON = ROOT / ".venv-sanafe/bin/python"
NETWORKS = (
    "drift",
    "residual",
    "allconv",
    "mnist",
    "fashion",
    "league/autoencoder",
    "league/ds_cnn",
    "league/lenet5",
    "league/nxtf_mnist",
    "league/slayer_nmnist",
    "league/sanafe_gesture",
    "league/resnet8",
)
STEPS = 20


@dataclass(frozen=True, slots=True)
class Energy:
    """The energy of some steps in joules, by unit."""

    synapses: float
    neurons: float
    spikes: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A network in snnc and in SANA-FE.

    ``mean`` is snnc's time per step for the mean load, and ``each`` the mean over steps
    of snnc's time of each step. SANA-FE's ``simple`` model omits the mesh between
    cores, and ``detailed`` includes it.
    """

    network: str
    cores: int
    ours: Energy
    theirs: Energy
    mean: float
    each: float
    simple: float
    detailed: float


def compare(name: str, python: Path = PYTHON, steps: int = STEPS) -> Comparison:
    """Compare the second of two examples in a row in both models."""
    device = read_profile()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        spec = snnc.load(ROOT / f"specs/{name}.snn")
        package = spec.build(folder / "models").opened
        weights = random_weights(package, bias=0.3)
        with make_engine(package, weights, steps) as engine:
            work = engine.work
            images = random_images(package, 2)
            result = engine.run(images, "row", keep=("spikes",), threads=1)
        # The second example begins with the state after the first, as on the chip.
        trains = {name: each[1] for name, each in result.spikes.items()}
        spikes = spikes_of(work, trains)
        cost = costs(device, work)
        theirs = run_sanafe(work, spikes, cost, python, folder)
    loads = [loads_of_step(work, step) for step in spikes]
    each = [time_of(load, device).step_seconds for load in loads]
    return Comparison(
        network=spec.name,
        cores=len(work.neurons),
        ours=energy_of(package, work, trains, device, steps),
        theirs=Energy(
            theirs["simple"]["energy"]["synapse"],
            theirs["simple"]["energy"]["soma"],
            theirs["simple"]["energy"]["network"],
        ),
        mean=time_of(mean_loads(work, spikes), device).step_seconds,
        each=float(np.mean(each)),
        simple=theirs["simple"]["sim_time"] / steps,
        detailed=theirs["detailed"]["sim_time"] / steps,
    )


def spikes_of(work: CoreWork, spikes: Mapping[str, Any]) -> Any:
    """Return whether each source fires in each step of an example."""
    steps = len(next(iter(spikes.values())))
    fired = np.zeros((steps, work.sources), bool)
    for name, place in work.places.items():
        fired[:, place.ravel()] = spikes[name].reshape(steps, -1)
    return fired


def loads_of_step(work: CoreWork, fired: Any) -> list[CoreLoad]:
    """Return the load of each core in one step, or in the mean of several."""
    by_layer = {name: fired[place][np.newaxis] for name, place in work.places.items()}
    rows = work.count(by_layer).T.tolist()
    cores = zip(work.layers, work.neurons, rows, strict=True)
    return [CoreLoad(layer, neurons, *row) for layer, neurons, row in cores]


def mean_loads(work: CoreWork, spikes: Any) -> list[CoreLoad]:
    """Return the mean load of each core over steps."""
    return loads_of_step(work, spikes.mean(axis=0))


def time_of(loads: Sequence[CoreLoad], device: Profile) -> ChipTime:
    time = estimate_time(loads, device, 1)
    assert time is not None
    return time


def energy_of(
    package: ImportedPackage,
    work: CoreWork,
    spikes: Mapping[str, Any],
    device: Profile,
    steps: int,
) -> Energy:
    """Return the energy that `evaluate` prints, by unit."""
    counts = {name: float(each.sum()) for name, each in spikes.items()}
    energy = device.energy
    network = package.network
    total = work_of(network, counts, steps, energy)
    synapses = total.synaptic_operations * energy.synaptic_operation * 1e-12
    neurons = steps * sum(work.neurons) * energy.active_update * 1e-12
    return Energy(synapses, neurons, total.energy_joules - synapses - neurons)


def costs(device: Profile, work: CoreWork) -> dict[str, float]:
    """Return the costs of a device, and the barrier of its cores."""
    idle = time_of([CoreLoad("", 0, 0, 0, 0, 0)] * len(work.neurons), device)
    return {
        "energy_operation": device.energy.synaptic_operation,
        "energy_update": device.energy.active_update,
        "energy_spike": device.energy.spike,
        "time_update": device.time.neuron_update,
        "time_spike": device.time.spike,
        "time_out": device.time.message_out,
        "time_in": device.time.message_in,
        "time_operation": device.time.synaptic_operation,
        "time_barrier": 1e9 * idle.barrier_seconds,
    }


def run_sanafe(
    work: CoreWork, spikes: Any, cost: dict[str, float], python: Path, folder: Path
) -> Any:
    """Return SANA-FE's results by its model of time."""
    source = folder / "work.npz"
    np.savez(
        source,
        neurons=np.array(work.neurons),
        hosted=work.sources - sum(work.neurons),
        source=work.source,
        core=work.core,
        words=work.words,
        spikes=spikes,
    )
    (folder / "costs.json").write_text(json.dumps(cost))
    command = [python, CLIENT, source, folder / "costs.json", folder / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads((folder / "out.json").read_text())


def rows_of(name: str, found: Comparison) -> list[record.Row]:
    """Return the rows of SANA-FE's values, and of how much snnc's differ."""
    run = record.Run(f"chip_model {name}", seed=0, examples=1)
    pairs = {
        "synapses": (found.theirs.synapses, found.ours.synapses),
        "neurons": (found.theirs.neurons, found.ours.neurons),
        "spikes": (found.theirs.spikes, found.ours.spikes),
        "per step, mean load": (found.simple, found.mean),
        "per step, each step": (found.simple, found.each),
        "per step, with the mesh": (found.detailed, found.mean),
    }
    rows = [run.row("cores", found.cores, "")]
    for measure, (theirs, ours) in pairs.items():
        unit = "us" if "step" in measure else "uJ"
        apart = 100 * (ours / theirs - 1) if theirs else 0.0
        rows.append(run.row(f"{measure}, SANA-FE", float(f"{1e6 * theirs:.3g}"), unit))
        rows.append(run.row(f"{measure}, difference", round(apart, 1), "%"))
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the numbers of each network, and append them to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--python", type=Path, default=PYTHON)
    parser.add_argument("--output", type=Path, default=record.RESULTS)
    given = parser.parse_args(arguments)
    for name in given.networks:
        rows = rows_of(name, compare(name, given.python, STEPS))
        record.write(rows, given.output)


if __name__ == "__main__":
    main()
