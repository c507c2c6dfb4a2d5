"""``python -m benchmarks.fewer_steps``: accuracy and energy by the time base.

A setting is ``PRESENT,SYNAPSE,RATE,ENCODER,READOUT``: milliseconds per example, the
synapse of each layer in milliseconds, the upper rates of layers and of the encoder in
Hz, and the readout's synapse in milliseconds. Each network of `benchmarks.fidelity` is
trained with each setting, with default options.

Settings are chosen on held-out training data: a quarter of them isn't trained on, and
measures the setting. With ``--test``, all training data are used, and test data measure
the setting: at most 1,000 examples in a row on the exact engine. Each row is printed
and appended to ``--output``: command, commit, seed, examples, value, interval.

    python -m benchmarks.fewer_steps 40,1,250,500,8 20,0,400,1000,4
    python -m benchmarks.fewer_steps 30,0,300,1000,5 --kinds relu --seeds 0 1 2 --test
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the exact engine has its threads
warnings.simplefilter("ignore")

import snnc  # noqa: E402
from benchmarks import record  # noqa: E402
from benchmarks.fidelity.data_sets import DATA  # noqa: E402
from benchmarks.fidelity.networks import KINDS, spec_of  # noqa: E402
from benchmarks.fidelity.reference import converged  # noqa: E402
from benchmarks.study.data import Split  # noqa: E402
from benchmarks.study.packages import build  # noqa: E402

ROOT = Path(__file__).parents[1]
NETWORKS = {
    "relu": "relu, synapse 5 ms",
    "relu-norm": "relu + batch norm, synapse 5 ms",
    "lif": "lif, synapse 5 ms",
    "lif-norm": "lif + batch norm, synapse 5 ms",
    "deep": "deep, relu + batch norm, synapse 5 ms",
    "drift": "drift",
    "characters": "characters",
    "depthwise": "depthwise",
    "depthwise-norm": "depthwise + batch norm",
    "power-relu": "power, relu, 40 ms",
    "power-lif": "power, lif, 40 ms",
    "vowels-relu": "vowels, relu, 40 ms",
    "vowels-lif": "vowels, lif, 40 ms",
}
"""Names of the kinds of `benchmarks.fidelity` on the command line."""

IMAGES = 1000  # of a test, at most


@dataclass(frozen=True)
class Setting:
    """A time base; ``layer`` and ``encoder`` are upper rates in Hz."""

    present: int
    synapse: float
    layer: int
    encoder: int
    readout: float

    def __str__(self) -> str:
        """Return the setting as on the command line."""
        times = f"{self.present},{self.synapse:g},{self.layer},{self.encoder}"
        return f"{times},{self.readout:g}"

    def rewrite(self, text: str) -> str:
        """Return a spec's text with this time base."""
        timing = f"present {self.present} ms, synapse {self.synapse:g} ms"
        text = re.sub(r"(timing \{)[^}]*", rf"\1 {timing} ", text)
        text = re.sub(r"20\.\.\d+ Hz", f"20..{self.layer} Hz", text)
        text = re.sub(r"(encode conv \{[^}]*?)(, rate [^,}]*)? \}", r"\1 }", text)
        rate = f", rate ..{self.encoder} Hz }}"
        text = re.sub(r"(encode conv \{[^}]*?) \}", rf"\1{rate}", text)
        synapse = f", synapse {self.readout:g} ms }}"
        return re.sub(r"(readout \w+ \{[^}]*?) \}", rf"\1{synapse}", text)


def read_setting(text: str) -> Setting:
    """Return a setting from the command line."""
    present, synapse, layer, encoder, readout = text.split(",")
    return Setting(
        present=int(present),
        synapse=float(synapse),
        layer=int(layer),
        encoder=int(encoder),
        readout=float(readout),
    )


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, measure, and print; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.fewer_steps", description=__doc__)
    add = parser.add_argument
    add("settings", nargs="+", type=read_setting, metavar="SETTING")
    add("--kinds", nargs="+", choices=NETWORKS, default=("relu",))
    add("--data", choices=DATA, help="for networks that have several data sets")
    add("--seeds", nargs="+", type=int, default=(0,))
    add("--epochs", type=int, metavar="N", help="of the phase smooth")
    add("--spike-updates", type=int, metavar="N")
    add("--test", action="store_true", help="measure on test data")
    add(
        "--reference",
        action="store_true",
        help="compare with plain Keras, trained until its accuracy stops rising",
    )
    add("--output", type=Path, default=record.RESULTS)
    add("--work", type=Path, default=ROOT / "snnc-fidelity" / "steps")
    options = parser.parse_args(arguments)
    for kind in options.kinds:
        several = KINDS[NETWORKS[kind]].data
        data = options.data if options.data in several else several[0]
        whole = DATA[data]()
        split = whole if options.test else hold_out(whole)
        for setting in options.settings:
            for seed in options.seeds:
                rows = measure(kind, data, setting, seed, split, options)
                record.write(rows, options.output)
    return 0


def with_epochs(text: str, epochs: int) -> str:
    """Return a spec's text with another number of epochs of the phase smooth."""
    return re.sub(r"epochs \d+", f"epochs {epochs}", text)


def hold_out(whole: Split) -> Split:
    """Return three quarters of the training data, and the rest as a test."""
    count = 3 * len(whole.train) // 4
    train = whole.train
    rest = type(train)(train.x[count:], train.y[count:])
    return Split(train.first(count), rest)


def measure(
    kind: str,
    data: str,
    setting: Setting,
    seed: int,
    split: Split,
    options: argparse.Namespace,
) -> list[record.Row]:
    """Train and evaluate a network; return the rows of its numbers."""
    name, text = spec_of(NETWORKS[kind])
    label = f"{name}_{data}_{str(setting).replace(',', '_').replace('.', 'p')}"
    if options.epochs:
        text = with_epochs(text, options.epochs)
        label += f"_{options.epochs}"
    folder = options.work / label / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / f"{name}.snn"
    spec.write_text(setting.rewrite(text), encoding="utf-8")
    package = snnc.Package(build(spec, folder))
    weights = folder / "weights.safetensors"
    test = split.test.first(IMAGES)
    package.opened.module("_runtime.keras.phases")  # imports take seconds
    started = time.process_time()
    with redirect_stdout(sys.stderr):
        package.opened.module("train").train(
            split.train.x,
            split.train.y,
            weights,
            seed=seed,
            spike_updates=options.spike_updates,
        )
    seconds = time.process_time() - started
    evaluation = package.evaluate(test.x, test.y, weights, progress=False)
    rest = package.evaluate(
        test.x, test.y, weights, progress=False, presentation="rest"
    )
    print(evaluation, file=sys.stderr)
    assert evaluation.accuracy is not None, "these networks have classes"
    assert evaluation.keras_accuracy_before is not None, "all phases run"
    assert rest.accuracy is not None
    assert evaluation.energy is not None, "these networks are for Loihi"
    run = record.Run(
        command=command_of(setting, kind, data, options),
        seed=seed,
        examples=len(test),
    )
    low, high = interval(evaluation.accuracy, len(test))
    rows = [
        run.row(
            "accuracy in a row",
            round(100 * evaluation.accuracy, 2),
            "%",
            (round(100 * low, 2), round(100 * high, 2)),
        ),
        run.row(
            "accuracy of Keras before the phase spikes",
            round(100 * evaluation.keras_accuracy_before, 2),
            "%",
        ),
        run.row("accuracy from rest", round(100 * rest.accuracy, 2), "%"),
        run.row("energy per example", round(1e6 * evaluation.energy, 2), "uJ"),
        run.row("training, processor time without imports", round(seconds, 1), "s"),
    ]
    if options.reference:
        started = time.process_time()
        outputs = converged(package.opened, Split(split.train, test), seed)
        seconds = time.process_time() - started
        keras = outputs.argmax(axis=1) == test.y
        chip = evaluation.outputs.argmax(axis=1) == test.y
        rows += [
            run.row("Keras, converged", round(100 * float(keras.mean()), 2), "%"),
            run.row("Keras, converged, processor time", round(seconds, 1), "s"),
            paired(run, chip, keras),
        ]
    return rows


def command_of(
    setting: Setting, kind: str, data: str, options: argparse.Namespace
) -> str:
    """Return what identifies a measurement: the command without seeds and paths."""
    command = f"fewer_steps {setting} --kinds {kind} --data {data}"
    if options.test:
        command += " --test"
    if options.epochs:
        command += f" --epochs {options.epochs}"
    if options.spike_updates:
        command += f" --spike-updates {options.spike_updates}"
    return command


def paired(run: record.Run, chip: np.ndarray, keras: np.ndarray) -> record.Row:
    """Return the row of the difference on the same examples, in percentage points."""
    apart = chip.astype(float) - keras
    half = 1.96 * apart.std(ddof=1) / len(apart) ** 0.5
    return run.row(
        "chip minus Keras, converged",
        round(100 * float(apart.mean()), 2),
        "points",
        (
            round(100 * float(apart.mean() - half), 2),
            round(100 * float(apart.mean() + half), 2),
        ),
    )


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share of ``count`` examples."""
    square = 1.96**2 / count
    middle = (share + square / 2) / (1 + square)
    half = (
        1.96 / (1 + square) * (share * (1 - share) / count + square / 4 / count) ** 0.5
    )
    return middle - half, middle + half


if __name__ == "__main__":
    sys.exit(main())
