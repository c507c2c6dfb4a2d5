# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Nengo's simulators, as those that run a built network."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import importlib
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .network import Network

if TYPE_CHECKING:
    from .builder import BuiltNetwork

Simulator = Literal["nengo", "nengo_dl", "loihi"]
# What to install for each simulator, and the licence of that.
PACKAGES = {
    "nengo": ("nengo", "GPL-2.0"),
    "nengo_dl": ("nengo-dl", "free for non-commercial use"),
    "loihi": ("nengo-loihi", "Apache-2.0"),
}
Array = NDArray[Any]
VALUES_AT_ONCE = 2**25  # numbers that all probes together may hold
EXAMPLES_AT_ONCE = 8  # more would keep who waits without a sign for long


class RefusedError(RuntimeError):
    """A network that a simulator refuses; says which layer and why."""


def simulators_of(network: Network) -> tuple[str, ...]:
    """Return the simulators that a network is for."""
    return tuple(n for n in PACKAGES if n != "loihi" or network.for_loihi)


def require(simulator: str, network: Network) -> None:
    """Raise ValueError or ModuleNotFoundError if a simulator can't be had."""
    known = simulators_of(network)
    if simulator not in known:
        there = f"there are {', '.join(known)}"
        if simulator in PACKAGES:
            there += ", as the spec says `target nengo`"
        raise ValueError(f"no simulator {simulator!r}: {there}")
    package, licence = PACKAGES[simulator]
    if find_spec(package.replace("-", "_")) is None:
        missing = f"{package} ({licence}) is not installed"
        raise ModuleNotFoundError(f"{missing}: pip install {package}")


class Run:
    """A built network on a simulator, example after example.

    All layers must be probed. The state is carried over.
    """

    def __init__(
        self,
        name: str,
        built: BuiltNetwork,
        network: Network,
    ) -> None:
        """Build the network for a simulator.

        Raises RefusedError if nengo-loihi does not build it.
        """
        self._built = built
        self._network = network
        self._name = name
        self._sim = _opened(name, built, network)

    def __enter__(self) -> Run:
        """Return itself, to be closed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the simulator."""
        self._sim.close()

    @property
    def cores(self) -> int | None:
        """How many cores it takes; None if there are none."""
        return len(self._sim.model.blocks) if self._name == "loihi" else None

    @property
    def at_once(self) -> int:
        """How many examples to present before what they gave is forgotten."""
        probes = self._built.net.all_probes
        values = sum(int(probe.size_in) for probe in probes)
        room = VALUES_AT_ONCE // (values * self._network.steps)
        return max(1, min(EXAMPLES_AT_ONCE, room))

    def present(self, count: int) -> tuple[Array, dict[str, Array]]:
        """Run the next examples.

        Returns the rows of the readout, (examples, steps, units), and the
        spikes of each layer's neurons in Keras order, (examples, neurons).
        """
        steps = self._network.steps
        self._sim.run_steps(count * steps)
        rows = np.array(self._sim.data[self._built.output])
        layers = self._network.layers
        spikes = {name: self._spikes(name, count) for name in layers}
        self._forget()
        return rows.reshape(count, steps, -1), spikes

    def _spikes(self, name: str, count: int) -> NDArray[np.int64]:
        sums = {}
        for probe in self._built.layer_probes[name]:
            values = np.asarray(self._sim.data[probe])
            rows = values.reshape(count, self._network.steps, -1)
            sums[probe] = rows.sum(axis=1)
        values = self._built.layer_values(SimpleNamespace(data=sums), name)
        amplitude = self._network.dt * self._network.layers[name].high
        spikes = values.reshape(count, -1) * amplitude
        return np.asarray(np.rint(spikes), dtype=np.int64)

    def _forget(self) -> None:
        """Drop what the probes hold."""
        if hasattr(self._sim, "clear_probes"):
            self._sim.clear_probes()
            return
        for probe in self._built.net.all_probes:
            self._sim.model.params[probe].clear()


def _opened(name: str, built: BuiltNetwork, network: Network) -> Any:
    net, dt = built.net, network.dt
    if name == "loihi":
        return _emulator(built, dt)
    if name == "nengo_dl":
        nengo_dl = importlib.import_module("nengo_dl")
        return nengo_dl.Simulator(net, dt=dt, progress_bar=False)
    import nengo

    # Nengo would open its cache of decoders, which none of this needs, and
    # which breaks if another version of NumPy wrote it. A new model has none.
    model = nengo.builder.Model(dt)
    return nengo.Simulator(net, dt=dt, model=model, progress_bar=False)


def _emulator(built: BuiltNetwork, dt: float) -> Any:
    from nengo.exceptions import BuildError

    from .compat import import_nengo_loihi

    loihi = import_nengo_loihi()
    try:
        return loihi.Simulator(
            built.net,
            dt=dt,
            target="sim",
            progress_bar=False,
        )
    except (AssertionError, BuildError) as error:
        reason = _refusal(loihi, built, dt) or str(error)
        raise RefusedError(f"nengo-loihi refuses {reason}") from error


def _refusal(loihi: Any, built: BuiltNetwork, dt: float) -> str | None:
    """Say which layer has weights that can't be integers, if one has."""
    from nengo.exceptions import BuildError

    discretize = importlib.import_module("nengo_loihi.builder.discretize")
    model = loihi.builder.Model(dt)
    try:
        model.build(built.net, discretize=False)
    except (AssertionError, BuildError):
        return None
    for block in model.blocks:
        bias = abs(block.compartment.bias).max()
        weight = max((s.max_abs_weight() for s in block.synapses), default=0)
        sizes = f"weights up to {weight:.3g}, biases up to {bias:.3g}"
        try:
            discretize.discretize_block(block)
        except BuildError:
            advice = "train it with bias off, or with less l2"
            name = _layer_of(block, built)
            return f"{name}: no integers hold its {sizes}; {advice}"
        except AssertionError:
            advice = "train it again, or look where the file comes from"
            name = _layer_of(block, built)
            return f"{name}: no threshold holds beside its {sizes}; {advice}"
    return None


def _layer_of(block: Any, built: BuiltNetwork) -> str:
    for name, ensembles in built.layers.items():
        if any(str(block.label).startswith(str(e)) for e in ensembles):
            return name
    return str(block)
