"""Training on several devices: each gets its share of a batch."""

from pathlib import Path

import numpy as np
import pytest

from snnc.exact import make_engine
from snnc.output.imported import open_package
from tests.commands import run_python
from tests.emit.packages import importable
from tests.exact.proof import write_package
from tests.runtime.phased import Made
from tests.support import network

pytestmark = pytest.mark.slow

BODY = """
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv { filters 2 }
    dense d0 { units 6, neuron lif, batchnorm on }
    readout digit { classes 4 }
    train { validation 0.25 }
"""
X = np.random.default_rng(0).uniform(0, 1, (75, 6, 6, 1)).astype("f4")
Y = np.arange(75) % 4

ON_CPUS = """
import sys

import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
parts = [tf.config.LogicalDeviceConfiguration()] * 3
tf.config.set_logical_device_configuration(cpu, parts)

from shared._runtime.keras import spiking
from shared.train import main

spiking.CHUNK = 2  # to trace a graph of more steps takes longer than to run it

with tf.distribute.MirroredStrategy().scope():
    assert main(sys.argv[1:]) == 1
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    sys.exit(main(sys.argv[1:]))
"""
"""Trains on all of three devices, which can't share the batches, then on two."""


def test_two_devices_train_and_three_that_share_unevenly_are_refused(
    tmp_path: Path,
) -> None:
    package, weights = write_package(network(BODY, "shared"), tmp_path), tmp_path / "w"
    made = Made(package)
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    options = ("--epochs", "1", "--spike-updates", "10")
    files = ("--data", "d.npz", "--weights", "w")
    program = ("-c", ON_CPUS, *files, *options)
    done = run_python(*program, cwd=tmp_path, TF_CPP_MIN_LOG_LEVEL="3")
    assert done.returncode == 0, done.stderr
    assert "shared.train: 3 devices can't share batches of 64 evenly" in done.stderr
    assert "val_loss" in done.stdout
    assert (tmp_path / "w.smooth.safetensors").exists()
    assert not (tmp_path / "w.progress.npz").exists()
    with make_engine(open_package(package), weights) as engine:
        counts = engine.run(X, "row", keep=("counts",)).counts
    with importable(package):
        assert made.broken_budgets(counts) == {}
