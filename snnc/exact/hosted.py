"""Run networks whose host nengo must step, in nengo's simulator with our chip."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from snnc.exact.kernel import file_spikes, mark_spikes, rest_chip, run_chip
from snnc.exact.read import number_sources, read_chip
from snnc.exact.tables import Bools, Floats, resting_state
from snnc.runtime.examples import Array

if TYPE_CHECKING:
    from snnc.exact.results import Built, EngineResult, Layers, RunOptions


class Hosted:
    """Runs examples one after another through nengo's host and our chip.

    nengo-loihi's emulator still exchanges spikes with the host and fills the probes,
    but our chip runs its steps.
    """

    def __init__(self, built: Built) -> None:
        self._built = built
        self._simulator = simulator = built.simulator
        self._emulator = simulator.sims["emulator"]
        # nengo-loihi calls `step` if the host depends on each step of the chip.
        self._emulator.run_steps = self._run_chip
        self._emulator.step = partial(self._run_chip, 1)
        hosts = ("host_pre", "host")
        self._hosts = [simulator.sims[name] for name in hosts if name in simulator.sims]
        blocks = number_sources(simulator.model.blocks)
        self._size = sum(map(len, blocks.values()))
        self._inputs = number_sources(simulator.model.inputs, self._size)
        self._chip = read_chip(simulator, blocks, self._inputs)
        sources = self._size + sum(map(len, self._inputs.values()))
        self._state = resting_state(self._chip.fanin.start, sources, built.steps)
        self.rest()

    def prepare(self, images: Array) -> Array:
        """Convert examples to the argument of `run`."""
        return images.reshape(len(images), -1)

    def run(self, values: Array, rests: Bools, options: RunOptions) -> EngineResult:
        """Present examples, of shape (examples, values), one after another."""
        before = self._state.overflows.copy()
        rows = []
        trains = []
        for example, at_rest in zip(values, rests, strict=True):
            if at_rest:
                self.rest()
            rows.append(self._present(example))
            trains.append(self._spikes() if options.keep else {})
        spikes = {name: np.stack([t[name] for t in trains]) for name in trains[0]}
        counts = {name: s.sum(axis=1).astype(np.uint16) for name, s in spikes.items()}
        overflows = self._state.overflows - before
        return options.result(np.stack(rows), overflows, counts, spikes)

    def rest(self) -> None:
        """Reset the state; nengo-loihi's simulator cannot reset itself."""
        simulator = self._simulator
        emulator = self._emulator
        model = simulator.model
        rest_chip(self._state)
        for spike_input in self._inputs:
            spike_input.spikes.clear()
        emulator.t = 0
        probes = list(model.probes)
        emulator.probes = type(emulator.probes)(emulator.block_info, probes, model.dt)
        for host in self._hosts:
            host.reset()
        # The runner holds queues of the step functions, which `reset` has replaced.
        simulator._runner = type(simulator._runner)(
            model,
            simulator.sims,
            simulator.precompute,
            simulator.timers,
        )

    def _run_chip(self, steps: int) -> None:
        """Run at most as many steps as an example has."""
        emulator = self._emulator
        whole = self._state
        size = self._size
        inflow = whole.inflow[:steps]
        starts = whole.starts[: steps + 1]
        state = whole._replace(inflow=inflow, starts=starts)
        # The host's spikes, in the format of a block's spike list.
        inputs = self._inputs.items()
        nothing = np.zeros(0, np.int64)  # there may be no inputs to concatenate
        sent = [
            np.concatenate([nothing, *(n[i.spike_idxs(now)] - size for i, n in inputs)])
            for now in range(emulator.t + 1, emulator.t + steps + 1)
        ]
        ids = np.concatenate(sent)
        starts = np.cumsum([0, *map(len, sent)])
        state.used[0] = 0
        sources = len(state.begin)
        file_spikes(ids.astype(np.int32), starts, size, sources - size, state)
        run_chip(self._chip, state)
        spikes = np.zeros((steps, sources), np.uint8)
        mark_spikes(state, np.zeros(0, np.uint16), spikes)
        for fired in spikes[:, :size].astype(bool):
            emulator.t += 1
            emulator.probes.update(emulator.t, SimpleNamespace(spiked=fired))

    def _present(self, values: Array) -> Floats:
        """Return the rows of one example, of shape (steps, units)."""
        simulator = self._simulator
        network = self._built.network
        for host in self._hosts:
            if signals := host.model.sig.get(network.input):
                # No step of nengo sets the output of a node that is a constant.
                host.signals[signals["out"]][:] = values
        simulator.clear_probes()
        simulator.run_steps(self._built.steps)
        return np.array(simulator.data[network.output], np.float64)

    def _spikes(self) -> Layers:
        described = self._built.package.network
        trains = {}
        for name, layer in described.layers.items():
            values = self._built.network.neuron_values(self._simulator, name)
            if layer.pool is None:
                values = values.reshape(len(values), *layer.shape)
            # Probes return activations, in which a spike has the layer's amplitude.
            spikes = np.rint(values * (described.dt * layer.high))
            trains[name] = spikes.astype(np.uint8)
        return trains
