"""Print what an example costs on nengo-loihi's emulator and on the exact engine.

``python benchmarks/exact.py`` runs both on the same random images, in a process;
``--prove 200`` draws networks instead and compares every spike; ``--learn 100`` draws
networks that learn, and compares weights, traces and outputs; ``--examples 10000``
times that many images of `specs/mnist.snn`. The emulator runs one image; the engine's
times are medians over many.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import nengo  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks import record  # noqa: E402
from snnc.exact import Engine, make_engine  # noqa: E402
from snnc.exact.engine import build  # noqa: E402
from snnc.output.imported import ImportedPackage, open_package  # noqa: E402
from tests.agreement.features import FEATURES, features_of  # noqa: E402
from tests.agreement.specs import draw_specs, name_of  # noqa: E402
from tests.exact.proof import (  # noqa: E402
    compare,
    differences,
    emulate,
    random_images,
    random_weights,
    write_package,
)
from tests.learning import proof as learning  # noqa: E402
from tests.support import compile_text  # noqa: E402

CIFAR = """snn 1

network cifar {
  target loihi { chips 1 }
  timing { dt 1 ms, present 60 ms, synapse 5 ms }
  input image 32x32x3 in 0..1
  encode conv { filters 4, rate ..250 Hz }
  conv2d c0 { filters 64, kernel 3, stride 2 }
  conv2d c1 { filters 72, kernel 3 }
  conv2d c2 { filters 256, kernel 3, stride 2 }
  conv2d c3 { filters 256, kernel 1 }
  conv2d c4 { filters 64, kernel 1 }
  dense d0 { units 100 }
  readout y { classes 10 }
}
"""
DIGITS = """snn 1

network digits {
  timing { present 60 ms }
  input image 8x8x1 in 0..1
  encode conv { filters 2 }
  dense d0 { units 150 }
  readout y { classes 10, learn pes { rate 0.5, from zero } }
}
"""
TEXTS: dict[str, Callable[[], str]] = {
    "drift": lambda: (ROOT / "specs/drift.snn").read_text(encoding="utf-8"),
    "mnist": lambda: (ROOT / "specs/mnist.snn").read_text(encoding="utf-8"),
    "cifar": lambda: CIFAR,
}
HERTZ = 45.0  # of the rates in continuous time; on spikes about 30
REPEATS = 5


def scaled_weights(package: ImportedPackage, images: np.ndarray) -> dict[str, Any]:
    """Return random weights without biases that fire every layer at `HERTZ`.

    Rectified layers without biases scale with their kernels, so one run of rates
    gives all factors.
    """
    weights = random_weights(package, bias=0.0)
    layers, dt = package.network.layers, package.network.dt
    program = package.module("nengo_network")
    net = program.build_network(weights, images, "rate", tuple(layers))
    with nengo.Simulator(net.net, dt=dt, progress_bar=False) as sim:
        sim.run_steps(1)
    before = 1.0
    for name, layer in layers.items():
        values = net.layer_values(sim, name)
        factor = HERTZ / (layer.high * float(values.mean()))
        weights[f"{name}.kernel"] *= np.float32(factor / before)
        before = factor
    return weights


def time_call(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that something took, and what it gave."""
    started = time.perf_counter()
    result = act()
    return time.perf_counter() - started, result


def an_image(
    engine: Engine, images: np.ndarray, workers: int, clock: Callable[[], float]
) -> float:
    """Return the median of the seconds an image that several runs took."""
    times = []
    for _ in range(REPEATS):
        started = clock()
        engine.run(images, threads=workers)
        times.append((clock() - started) / len(images))
    return statistics.median(times)


def bench(name: str, folder: Path, images: int) -> list[record.Row]:
    """Print one network's lines; return the rows of its times per example."""
    package = write_package(TEXTS[name](), folder)
    assert package is not None
    opened = open_package(package)
    image = random_images(opened, 1)
    weights = scaled_weights(opened, image)
    took, built = time_call(lambda: build(opened, weights, None))
    start_up, engine = time_call(lambda: Engine(built))
    load, _ = time_call(lambda: engine.run(image))
    run = emulate(opened, weights, image)
    found = differences(run, engine.run(image, keep=("counts", "spikes", "rows")))
    rate = np.mean(
        [spikes.mean() / opened.network.dt for spikes in run.spikes.values()]
    )
    many = np.repeat(image, images, axis=0)
    one = an_image(engine, many, 1, time.perf_counter)
    two = an_image(engine, many, 2, time.perf_counter)
    processor = an_image(engine, many, 1, time.process_time)
    engine.close()
    print(
        f"{name}: {engine.cores} cores, {rate:.0f} Hz, {opened.network.steps} steps, "
        f"spikes {'; '.join(found) or 'equal'}\n"
        f"  seconds an image: emulator {run.seconds:.3f}, one thread {one:.5f} "
        f"({run.seconds / one:.0f} x), two {two:.5f} ({run.seconds / two:.0f} x, "
        f"{one / two:.2f} of one)\n"
        f"  of processor time: emulator {run.processor:.3f}, ours {processor:.5f} "
        f"({run.processor / processor:.0f} x)\n"
        f"  build of nengo-loihi {took:.1f} s, start-up {start_up + load:.2f} s",
        flush=True,
    )
    timed = record.Run(command=f"exact {name}", seed=0, examples=images)
    return [
        timed.row("emulator, processor time", round(1000 * run.processor, 1), "ms"),
        timed.row("exact engine, processor time", round(1000 * processor, 2), "ms"),
        timed.row("times as fast", round(run.processor / processor), "x"),
    ]


def many_examples(count: int, folder: Path) -> None:
    """Print how long many images of mnist take."""
    package = write_package(TEXTS["mnist"](), folder)
    assert package is not None
    opened = open_package(package)
    images = random_images(opened, count)
    weights = scaled_weights(opened, images[:1])
    with make_engine(opened, weights) as engine:
        took, _ = time_call(lambda: engine.run(images))
    print(f"{count} images of mnist x {opened.network.steps} steps: {took:.1f} s")


def prove(count: int, first: int, folder: Path) -> int:
    """Compare drawn networks, and say what they had; return how many differ."""
    wrong = 0
    features: Counter[str] = Counter()
    for text in draw_specs(count, first=first):
        features.update(features_of(compile_text(text, "place")[0].mapped))
        longer = text.replace("present 10 ms", "present 40 ms")
        drawn = open_package(write_package(longer, folder))
        weights, images = random_weights(drawn), random_images(drawn)
        with make_engine(drawn, weights) as engine:
            found = compare(engine, drawn, weights, images)
        if found:
            wrong += 1
            print(f"{name_of(text)}: {'; '.join(found)}", flush=True)
    print(f"{count} networks drawn from seed {first} on: {wrong} differ")
    for name in FEATURES:
        print(f"  {features[name]:4} {name}")
    return wrong


def prove_learning(count: int, first: int, folder: Path) -> int:
    """Compare drawn networks that learn, and time one; return how many differ."""
    wrong, seed, done = 0, first, 0
    while done < count:
        seed += 1
        drawn = learning.draw(seed, folder)
        compared = drawn and learning.compare(drawn, seed)
        if not compared:
            continue
        done += 1
        if compared.differences:
            wrong += 1
            print(f"seed {seed}: {'; '.join(compared.differences)}", flush=True)
    print(f"{count} networks drawn from seed {first + 1} to {seed}: {wrong} differ")
    package = open_package(write_package(DIGITS, folder))
    learning.compare(package)  # compiles the engine
    compared = learning.compare(package, examples=60)
    assert compared is not None
    emulator, engine = (s / 60 for s in (compared.emulator, compared.engine))
    print(
        f"digits: seconds of processor time an image: emulator {emulator:.3f}, "
        f"ours {engine:.5f} ({emulator / engine:.0f} x)"
    )
    return wrong


def main() -> int:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", choices=[[], *TEXTS], default=[])
    parser.add_argument("--prove", type=int, metavar="N")
    parser.add_argument("--learn", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, metavar="N")
    parser.add_argument("--output", type=Path, help="append the times to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.prove:
            return min(1, prove(options.prove, options.seed, Path(folder)))
        if options.learn:
            return min(1, prove_learning(options.learn, options.seed, Path(folder)))
        if options.examples:
            many_examples(options.examples, Path(folder))
            return 0
        for name in options.networks or TEXTS:
            rows = bench(name, Path(folder), 20 if name == "cifar" else 100)
            if options.output:
                record.write(rows, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
