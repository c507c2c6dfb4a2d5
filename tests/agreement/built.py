"""Packages, imported without Keras, and what nengo-loihi counts when it builds them."""

import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nengo
import nengo_loihi
import numpy as np
from nengo.exceptions import BuildError
from nengo_loihi.block import LoihiBlock
from nengo_loihi.builder import discretize
from numpy.typing import NDArray

from snnc.emit.files import GeneratedFile
from snnc.emit.package import package_modules
from snnc.ir.mapped import Block, MappedNetwork
from snnc.passes.route import route
from tests.support import write_modules

nengo.rc["decoder_cache"]["enabled"] = "False"

Weights = dict[str, NDArray[Any]]
_NUMBERS = count()


@contextmanager
def import_package(modules: tuple[GeneratedFile, ...]) -> Iterator[SimpleNamespace]:
    """Give a package's ``nengo`` and ``layout`` modules and its network."""
    name = f"snnc_package_{next(_NUMBERS)}"
    with tempfile.TemporaryDirectory() as folder:
        write_modules(modules, Path(folder) / name)
        sys.path.insert(0, folder)
        try:
            yield SimpleNamespace(
                nengo=import_module(f"{name}.nengo_network"),
                layout=import_module(f"{name}.layout"),
                network=import_module(f"{name}.network").NETWORK,
            )
        finally:
            sys.path.remove(folder)
            for key in [k for k in sys.modules if k.split(".")[0] == name]:
                del sys.modules[key]


def random_weights(layout: Any, seed: int = 0) -> Weights:
    """Return weights of both signs; in a tensor, no two have the same size.

    Nengo-loihi stores arrays that happen to be equal once, which the prediction
    cannot know.
    """
    random = np.random.default_rng(seed)
    weights = {t.name: _distinct(t.shape, random) for t in layout.TENSORS}
    return weights | {t.name: 0 * weights[t.name] for t in layout.TENSORS if t.zeros}


def _distinct(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[Any]:
    size = int(np.prod(shape))
    sizes = 2**20 + random.choice(2**22, size=size, replace=False)
    signs = random.choice((-1, 1), size=size)
    weights = np.asarray(signs * sizes / 2**23, np.float32)
    return weights.reshape(shape)


@contextmanager
def build(mapped: MappedNetwork) -> Iterator[Any]:
    """Give what the package of a mapping builds for Nengo, with random weights."""
    with import_package(package_modules(route(mapped))) as package:
        yield package.nengo.build_network(random_weights(package.layout))


@contextmanager
def simulate(net: nengo.Network, dt: float = 0.001, **options: Any) -> Iterator[Any]:
    """Give the emulator of a network, which nengo-loihi has built."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"target": "sim", "progress_bar": False, **options}
        with nengo_loihi.Simulator(net, dt=dt, **options) as sim:
            yield sim


def count_blocks(net: nengo.Network, dt: float = 0.001) -> list[Block]:
    """Return nengo-loihi's counts for each block of a network that it builds."""
    with simulate(net, dt) as sim:
        return [count_of(block) for block in sim.model.blocks]


def count_of(block: LoihiBlock) -> Block:
    """Return the counts of a block."""
    used = block.utilization()
    names = ("compartments", "in-axons", "out-axons", "synapses")
    return Block(*(int(used[name][0]) for name in names))


def is_built(made: LoihiBlock) -> bool:
    """Discretise a block in place, if nengo-loihi does."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            discretize.discretize_block(made)
    except (AssertionError, BuildError, TypeError):
        return False
    return True


def check_blocks(mapped: MappedNetwork) -> None:
    """Compare every counter of every block of a mapping with a build."""
    dt = mapped.lowered.network.timing.dt
    with build(mapped) as network:
        counted = count_blocks(network.net, dt)
        assert counted == predicted_blocks(mapped, network.layers)


def predicted_blocks(mapped: MappedNetwork, names: Iterable[str]) -> list[Block]:
    """Return the blocks that snnc counts, in the order of building."""
    return [
        block
        for name in names
        for population in mapped.of_layer(name)
        for ensemble in population.ensembles
        for block in ensemble.blocks
    ]
