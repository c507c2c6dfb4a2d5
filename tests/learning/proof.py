"""Compare the engine that learns with nengo-loihi's emulator, bit for bit.

``python -m tests.learning.proof`` compares 100 drawn networks.
"""

import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from snnc.exact.learning import Learner
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.nengo.simulators import SimulatorRun
from snnc.runtime.pes import PesError
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import compile_text, network

EXAMPLES, NETWORKS = 4, 100
LOST = ("Synaptic trace spikes", "Clipping synapse trace", "Clipping learning weights")


def draw_learning(seed: int) -> str:
    """Return the text of a network whose readout learns; some are refused."""
    random = Random(seed)
    side, channels = random.randint(3, 7), random.randint(1, 2)
    high, units = random.choice((100, 150, 250, 500)), random.randint(2, 6)
    neuron = random.choice(("relu", "lif"))
    rate = random.choice((0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8))
    last = f"neuron {neuron}, rate 0..{high} Hz, synapse {random.choice((0, 5))} ms"
    layers = [f"conv2d a {{ filters {random.randint(1, 4)} }}"] * random.randint(0, 1)
    dense = f"dense b {{ units {random.randint(4, 60)}, {last} }}"
    conv = f"conv2d b {{ filters {random.randint(1, 4)}, kernel 2, {last} }}"
    layers.append(random.choice((dense, conv)))
    lines = [
        f"timing {{ dt {random.choice((1, 1, 0.5))} ms, "
        f"present {random.randint(20, 61)} ms }}",
        f"input x {side}x{side}x{channels} in {random.choice(('0..1', '-1..1'))}",
        random.choice(("encode rate e", "encode conv e { filters 2 }")),
        *layers,
        f"readout y {{ {random.choice(('classes', 'units'))} {units}, "
        f"decide {random.choice(('mean', 'last'))}, "
        f"synapse {random.choice((0, 5, 10, 20))} ms, "
        f"learn pes {{ rate {rate}, error {random.choice((0.2, 1, 3))}, "
        f"from {random.choice(('zero', 'trained'))} }} }}",
    ]
    return network("\n".join(lines), f"drawn{seed}")


@dataclass(frozen=True)
class Compared:
    """The differences, none if the engine is exact, and seconds without the build.

    ``lost`` counts missed spikes, clipped traces and clipped weights.
    """

    differences: list[str]
    emulator: float
    engine: float
    lost: np.ndarray


def draw(seed: int, folder: Path) -> ImportedPackage | None:
    """Return the package of a drawn spec, or None if it is refused."""
    text = draw_learning(seed)
    if compile_text(text, "place")[1].errors:
        return None
    return open_package(write_package(text, folder))


def compare(
    package: ImportedPackage, seed: int = 0, examples: int = EXAMPLES
) -> Compared | None:
    """Compare one run; None if the chip can't learn with the drawn weights."""
    described, tensors = package.network, random_weights(package, bias=0.3)
    images = random_images(package, examples)
    targets = np.random.default_rng(seed).random((examples, described.readout.units))
    try:
        learner = Learner(package, tensors)
    except PesError:
        return None
    started = time.process_time()
    outputs = learner.present(images, targets)
    engine = time.process_time() - started
    build = package.module("nengo_network").build_network
    built = build(tensors, images, targets=targets)
    run = SimulatorRun("loihi", built)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        started = time.process_time()
        rows, _ = run.present(examples)
        emulator = time.process_time() - started
    said = [str(warning.message) for warning in caught]
    warned = [any(text in line for line in said) for text in LOST]
    (traces,) = run.sim.sims["emulator"].synapses.traces.values()
    expected = {
        "warnings": warned,
        "weights": built.learning.weights(run.sim),
        "traces": np.asarray(traces),
    }
    found = {
        "warnings": learner.memory.lost > 0,
        "weights": learner.kernel,
        "traces": learner.memory.traces,
    }
    differences = [n for n in found if not np.array_equal(found[n], expected[n])]
    halfway = rows[:, described.steps // 2]
    if not np.allclose(outputs, halfway, rtol=1e-9, atol=1e-9):
        differences.append("outputs")
    run.sim.close()
    return Compared(differences, emulator, engine, learner.memory.lost)


def main() -> int:
    """Compare 100 drawn networks, and print the differences and the seconds."""
    compared: list[Compared] = []
    seed = 0
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while len(compared) < NETWORKS:
            package = draw(seed, Path(folder))
            found = None if package is None else compare(package, seed)
            compared += [] if found is None else [found]
            seed += 1
    differing = sum(bool(each.differences) for each in compared)
    timed = compared[1:]  # the first one loads the compiled code
    ratios = [each.emulator / each.engine for each in timed]
    whole = sum(e.emulator for e in timed) / sum(e.engine for e in timed)
    print(
        f"{len(compared)} networks: {differing} differ; the emulator takes {whole:.0f} "
        f"times as long as the engine, in the median network {np.median(ratios):.0f}"
    )
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
