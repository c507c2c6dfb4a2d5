"""Training on several devices: each gets its share of a batch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.emit.networks import conv3d_relu
from tests.emit.packages import write

pytestmark = pytest.mark.slow

X = np.random.default_rng(0).uniform(0, 1, (75, 4, 6, 6, 1)).astype("f4")
Y = np.arange(75) % 4

ON_CPUS = """
import sys
from functools import partial

import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
parts = [tf.config.LogicalDeviceConfiguration()] * 3
tf.config.set_logical_device_configuration(cpu, parts)

from volume._runtime.keras import spiking
from volume.train import main

spiking.CHUNK = 2  # to trace a graph of more steps takes longer than to run it

assert main(sys.argv[1:]) == 1
made = tf.distribute.MirroredStrategy
tf.distribute.MirroredStrategy = partial(made, ["CPU:0", "CPU:1"])
sys.exit(main(sys.argv[1:]))
"""
"""Trains on all of three devices, which can't share the batches, then on two."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package and data that no two devices share evenly."""
    made = tmp_path_factory.mktemp("strategies")
    write(conv3d_relu(), made)
    np.savez(made / "d.npz", x=X, y=Y)
    return made


def start(folder: Path, *command: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def options(weights: Path) -> list[str]:
    files = ["--data", "d.npz", "--weights", str(weights)]
    short = ["--epochs", "1", "--spike-updates", "10"]
    short += ["--phases", "smooth,scale,spikes"]
    return [*files, *short, "--strategy", "mirrored"]


def read(weights: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(weights)


def test_two_devices_train_and_three_that_share_unevenly_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    process = start(folder, "-c", ON_CPUS, *options(tmp_path / "w"))
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "volume.train: 3 devices can't share batches of 64 evenly" in err
    assert "val_loss" in out
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"w", "w.smooth.safetensors"}
    assert all(np.isfinite(value).all() for value in read(tmp_path / "w").values())
