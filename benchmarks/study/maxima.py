"""Compare the accuracy of max pools on the chip with alternatives.

``python -m benchmarks.study.maxima --data mnist --epochs 8 --examples 1000`` trains the
network of Gaurav et al. (2022) with one max pool as plain Keras does, puts the weights
on the exact engine as they are, and swaps the pool for an average. It also trains the
network on its spikes, with the max pool and with a learned strided convolution in its
place. It prints a table. ``--pools 2`` pools after the other convolution as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.study import data

SPEC = """snn 1

network {name} {{
  timing {{ present {present} ms }}
  defaults {{ rate 0..{rate} Hz }}
  input image 28x28x1 in 0..1
  encode conv e {{ filters 4 }}
  conv2d c0 {{ filters 8, kernel 3 }}
  {pool}
  conv2d c1 {{ filters 16, kernel 3 }}
  {second}
  dense d0 {{ units 128 }}
  readout kind {{ classes 10 }}
  train {{
    epochs {epochs}, batch 64, schedule {schedule}, phases [{phases}], seed {seed}
  }}
}}
"""
POOLS = {
    "max": "maxpool {name} {{ window 2, rate ..{rate} Hz }}",
    "mean": "avgpool {name} {{ window 2 }}",
    "down": "downsample {name}",
}


class Variant(NamedTuple):
    """A package of the study: its row, its pool, and how or whether it is trained."""

    title: str
    pool: str
    phases: str
    weights: str  # of the variant with this name


PLAIN, SPIKES = "smooth, scale", "smooth, scale, spikes"
VARIANTS = {
    "plain": Variant("max, trained as in Keras", "max", PLAIN, "plain"),
    "spikes": Variant("max, trained on spikes", "max", SPIKES, "spikes"),
    "swapped": Variant("mean in its place, same weights", "mean", PLAIN, "plain"),
    "learned": Variant("downsample, trained on spikes", "down", SPIKES, "learned"),
}


def load(name: str, trained: int) -> data.Split:
    """Return the data set of this name with ``trained`` examples for training."""
    split = data.mnist() if name == "mnist" else data.fashion(trained=trained)
    return data.Split(split.train.first(trained), split.test)


class Study:
    """One data set, with what all variants share."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        # Weights are kept for the next run that asks for the same training.
        settings = (
            *(asked.data, asked.train, asked.epochs, asked.schedule, asked.seed),
            *(asked.pools, asked.rate, asked.present),
        )
        self.folder = asked.work / "-".join(map(str, settings))
        self.folder.mkdir(parents=True, exist_ok=True)
        split = load(asked.data, asked.train)
        split.train.save(self.folder / "train.npz")
        split.test.first(asked.examples).save(self.folder / "test.npz")

    def row(self, name: str) -> str:
        """Train a variant unless it was, run it, and say how right it is."""
        variant = VARIANTS[name]
        self._build(name, variant)
        weights = self._train(variant.weights)
        told = json.loads(
            self._run(
                "snnc", "evaluate", name, "--data", "test.npz", "--weights", weights,
                "--simulator", "exact", "--format", "json",
            )
        )  # fmt: skip
        before = told["keras_accuracy_before"]  # what the loss is relative to
        keras = 100 * (told["keras_accuracy"] if before is None else before)
        chip = 100 * told["accuracy"]
        low, high = (100 * end for end in told["loss_interval"])
        return (
            f"| {variant.title} | {keras:.2f} | {chip:.2f} "
            f"| {keras - chip:.2f} ({low:.2f} to {high:.2f}) | {told['cores']} |"
        )

    def _train(self, name: str) -> str:
        weights = f"{name}.safetensors"
        if not (self.folder / weights).exists():
            self._build(name, VARIANTS[name])
            self._run(f"{name}.train", "--data", "train.npz", "--weights", weights)
        return weights

    def _build(self, name: str, variant: Variant) -> None:
        asked, pool = self.asked, POOLS[variant.pool]
        second = pool.format(name="p1", rate=asked.rate) if asked.pools == 2 else ""
        text = SPEC.format(
            name=name,
            present=asked.present,
            rate=asked.rate,
            pool=pool.format(name="p0", rate=asked.rate),
            second=second,
            epochs=asked.epochs,
            schedule=asked.schedule,
            phases=variant.phases,
            seed=asked.seed,
        )
        (self.folder / f"{name}.snn").write_text(text, encoding="utf-8")
        self._run("snnc", "build", f"{name}.snn", "-o", ".")

    def _run(self, module: str, *arguments: str) -> str:
        path = os.pathsep.join([os.getcwd(), str(self.folder)])
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        if done.returncode and not done.stdout:  # 1 and a result: it says what is poor
            raise RuntimeError(done.stderr)
        return done.stdout


def main() -> None:
    """Print the table of one data set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", choices=("fashion", "mnist"), default="mnist")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--train", type=int, default=10_000)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=150)
    parser.add_argument("--present", type=int, default=100)
    parser.add_argument("--pools", type=int, choices=(1, 2), default=1)
    parser.add_argument(
        "--schedule", choices=("constant", "cosine"), default="constant"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("snnc-work/maxima"))
    parser.add_argument(
        "--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS)
    )
    asked = parser.parse_args()
    asked.work = asked.work.resolve()
    study = Study(asked)
    print(
        "| pool | Keras % | chip % | points lost | cores |",
        "|---|---|---|---|---|",
        sep="\n",
    )
    for name in asked.variants:
        print(study.row(name), flush=True)


if __name__ == "__main__":
    main()
