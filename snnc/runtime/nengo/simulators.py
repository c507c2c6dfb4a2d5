# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Runs a built network on one of Nengo's simulators."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import nengo
import numpy as np
from numpy.typing import NDArray

from ..data import Examples
from ..examples import ROW, Array, Presentation, spans_of
from ..files import UserError, warn
from ..layout import Layout, Tensors, Weights
from ..network import Network
from . import import_nengo_loihi
from .neurons import BuiltNetwork

Simulator = Literal["nengo", "nengo_dl", "loihi"]
# The package to install for each simulator, and its licence.
PACKAGES = {
    "nengo": ("nengo", "GPL-2.0"),
    "nengo_dl": ("nengo-dl", "free for non-commercial use"),
    "loihi": ("nengo-loihi", "Apache-2.0"),
}
VALUES_AT_ONCE = 2**25  # numbers that all probes together may hold
EXAMPLES_AT_ONCE = 8  # more would show no progress for too long
# nengo-loihi raises these for numbers that it can't store, among others.
FAILURES = (AssertionError, TypeError, nengo.exceptions.BuildError)


class RefusedError(UserError, RuntimeError):
    """Raised for weights that the chip can't store."""


def simulators_of(network: Network) -> tuple[str, ...]:
    """Return the simulators that can run a network."""
    on_chip = network.target == "loihi"
    return tuple(n for n in PACKAGES if n != "loihi" or on_chip)


def require(simulator: str, network: Network) -> None:
    """Raise ValueError or ModuleNotFoundError if a simulator is missing."""
    known = simulators_of(network)
    if simulator not in known:
        there = f"there are {', '.join(known)}"
        if simulator in PACKAGES:
            there += ", as the spec says `target nengo`"
        raise ValueError(f"no simulator {simulator!r}: {there}")
    package, licence = PACKAGES[simulator]
    if find_spec(package.replace("-", "_")) is None:
        missing = f"{package} ({licence}) is not installed"
        remedy = f"pip install {package}"
        if simulator == "nengo_dl" and sys.version_info >= (3, 12):
            remedy = "it needs Keras 2, so Python 3.11 or older"
        raise ModuleNotFoundError(f"{missing}: {remedy}")


class SimulatorRun:
    """A network on a simulator, from whose state each example continues."""

    def __init__(self, name: str, built: BuiltNetwork) -> None:
        """Build it; raise RefusedError if the chip can't store its weights."""
        self._built = built
        self._network = built.network
        dt = built.network.dt
        module = nengo
        failures: tuple[type[Exception], ...] = ()
        settings: dict[str, Any] = {"dt": dt, "progress_bar": False}
        if name == "loihi":
            module = import_nengo_loihi()
            failures = FAILURES
            settings["model"] = built.learning and built.learning.model(dt)
            settings["target"] = "sim"
        elif name == "nengo_dl":
            module = importlib.import_module("nengo_dl")
        else:
            # A new model avoids Nengo's cache of decoders, which is of no use
            # here and breaks if another version of NumPy wrote it.
            settings["model"] = nengo.builder.Model(dt)
        try:
            self.sim = module.Simulator(built.net, **settings)
        except failures as error:
            reason = f"the chip can't store these weights: {error}"
            advice = "says which, why and what would help"
            told = f"{reason}; `snnc weights FILE SPEC` {advice}"
            raise RefusedError(told) from error

    @property
    def at_once(self) -> int:
        """The number of examples to run before the probes are cleared."""
        probes = self._built.net.all_probes
        values = sum(int(probe.size_in) for probe in probes)
        room = VALUES_AT_ONCE // (values * self._network.steps)
        return max(1, min(EXAMPLES_AT_ONCE, room))

    def present(self, count: int) -> tuple[Array, dict[str, Array]]:
        """Run the next examples.

        Returns the rows (examples, steps, units) of the readout, and the
        spikes (examples, neurons) of each probed layer's neurons in Keras
        order.
        """
        steps = self._network.steps
        self.sim.run_steps(count * steps)
        rows = np.array(self.sim.data[self._built.output])
        probed = self._built.layer_probes
        spikes = {name: self._spikes(name, count) for name in probed}
        if hasattr(self.sim, "clear_probes"):
            self.sim.clear_probes()
        else:
            for probe in self._built.net.all_probes:
                self.sim.model.params[probe].clear()
        return rows.reshape(count, steps, -1), spikes

    def _spikes(self, name: str, count: int) -> NDArray[np.int64]:
        sums = {}
        for probe in self._built.layer_probes[name]:
            values = np.asarray(self.sim.data[probe])
            rows = values.reshape(count, self._network.steps, -1)
            sums[probe] = rows.sum(axis=1)
        values = self._built.neuron_values(SimpleNamespace(data=sums), name)
        amplitude = self._network.dt * self._network.layers[name].high
        spikes = values.reshape(count, -1) * amplitude
        return np.asarray(np.rint(spikes), dtype=np.int64)


class Presented(NamedTuple):
    """The results of some examples, ``x``, one after another.

    ``start`` is the index of the first, and ``at_rest`` says whether it
    started from rest instead of the previous example's state. ``rows`` of the
    readout have the shape (examples, steps, units), and ``spikes`` of each
    layer's neurons (examples, neurons), in Keras order. ``cores`` is the
    number of cores used; None without a chip.
    """

    start: int
    at_rest: bool
    x: Array
    rows: Array
    spikes: dict[str, Array]
    cores: int | None


def run_examples(
    build_network: Callable[..., BuiltNetwork],
    network: Network,
    tensors: Tensors,
    x: Any,
    simulator: Simulator,
    presentation: Presentation,
    probe: Sequence[str] | None = None,
) -> Iterator[Presented]:
    """Yield the results of examples, a few at a time.

    ``x`` has the shape (examples, *input shape), or returns such arrays when
    sliced. In a "row", the state carries over from one example to the next, as
    on the chip. For "rest", the network is built again for each example.
    ``probe`` names the layers whose spikes are kept, by default all.

    Raises RefusedError if the chip can't store the weights.
    """
    names = tuple(network.layers) if probe is None else probe
    for first, stop in spans_of(len(x), ROW if presentation == "row" else 1):
        shown = x[first:stop]
        built = build_network(tensors, images=shown, probe=names)
        run = SimulatorRun(simulator, built)
        with closing(run.sim):
            chip = simulator == "loihi"
            cores = len(run.sim.model.blocks) if chip else None
            for at in range(0, len(shown), run.at_once):
                some = shown[at : at + run.at_once]
                rows, spikes = run.present(len(some))
                start = first + at
                at_rest = at == 0
                yield Presented(start, at_rest, some, rows, spikes, cores)


@dataclass(frozen=True)
class SpikingProgram:
    """A program of a package that runs its network on a simulator."""

    network: Network
    layout: Layout
    build_network: Callable[..., BuiltNetwork]

    def run(
        self,
        examples: Examples,
        weights: Weights,
        simulator: Simulator,
        presentation: Presentation = "row",
        probe: Sequence[str] | None = None,
    ) -> Iterator[Presented]:
        """Return the results of checked examples, like `run_examples`.

        Raises LayoutError if the weights do not fit, RefusedError if the chip
        can't store them, ValueError if the simulator is unknown, and
        ModuleNotFoundError if it is not installed.
        """
        require(simulator, self.network)
        warn(examples.warning)
        tensors = self.layout.load(weights)
        return run_examples(
            self.build_network,
            self.network,
            tensors,
            examples,
            simulator,
            presentation,
            probe,
        )
