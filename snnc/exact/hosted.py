"""Run networks whose host nengo must step, in nengo's simulator with our chip."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact.kernel import file_spikes, mark_spikes, rest_chip, run_chip
from snnc.exact.package import Built
from snnc.exact.read import number_sources, read_chip
from snnc.exact.stream import EngineResult, Layers, RunOptions
from snnc.exact.tables import Bools, resting_state
from snnc.runtime.examples import Array

if TYPE_CHECKING:
    from nengo import Probe
    from nengo_loihi import Simulator
    from nengo_loihi.inputs import LoihiInput


def _nengo_loihi(module: str) -> Any:
    """Import a module of nengo-loihi, which has built the network."""
    return importlib.import_module(f"nengo_loihi.{module}")


class ChipInterface:
    """Replaces `nengo_loihi.emulator.EmulatorInterface` in nengo-loihi's simulator.

    Probes are still those of nengo-loihi.
    """

    def __init__(self, simulator: Simulator, limit: int) -> None:
        self.closed = False
        self._model = model = simulator.model
        blocks = number_sources(model.blocks)
        self._size = sum(map(len, blocks.values()))
        self._inputs = number_sources(model.inputs, self._size)
        self._chip = read_chip(simulator, blocks, self._inputs)
        self._others = sum(map(len, self._inputs.values()))
        starts, sources = self._chip.fanin.start, self._size + self._others
        self._state = resting_state(starts, sources, limit)
        self._limit = limit
        self.rest()

    def rest(self) -> None:
        """Return to the state before the first step."""
        rest_chip(self._state)
        self._now = 0
        self._sent: dict[int, list[NDArray[np.int64]]] = {}
        emulator = _nengo_loihi("emulator.interface")
        info = emulator.BlockInfo(self._model.blocks)
        probes = list(self._model.probes)
        self._probes = emulator.ProbeState(info, probes, self._model.dt)

    @property
    def overflows(self) -> NDArray[np.int64]:
        """Return the number of overflows so far, as in `EngineResult`."""
        return self._state.overflows.copy()

    def __enter__(self) -> ChipInterface:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def clear_probes(self) -> None:
        """Do nothing: the probes are already empty."""

    def collect_probe_output(self, probe: Probe) -> Array:
        found: Array = self._probes.collect_probe_output(probe)
        return found

    def host2chip(
        self, spikes: list[tuple[LoihiInput, int, Array]], errors: list[object]
    ) -> None:
        """Receive spikes (input, step from 1, neurons), which arrive one step later."""
        assert not errors
        for given, step, neurons in spikes:
            numbers = self._inputs[given][neurons] - self._size
            self._sent.setdefault(step, []).append(numbers)

    def chip2host(self, receivers: dict[Probe, object]) -> None:
        for probe, receiver in receivers.items():
            self._probes.send(self._now, probe, receiver)

    def run_steps(self, steps: int) -> None:
        """Run steps, in chunks of the length for which the chip was created."""
        while steps > 0:
            part = min(steps, self._limit)
            self._run(part)
            steps -= part

    def step(self) -> None:
        """Run one step, for hosts that need the chip's output in each step."""
        self._run(1)

    def _run(self, steps: int) -> None:
        whole, size = self._state, self._size
        state = whole._replace(
            inflow=whole.inflow[:steps], starts=whole.starts[: steps + 1]
        )
        state.used[0] = 0
        file_spikes(*self._arriving(steps), size, self._others, state)
        run_chip(self._chip, state)
        spikes = np.zeros((steps, size + self._others), np.uint8)
        mark_spikes(state, np.zeros(0, np.uint16), spikes)
        for fired in spikes[:, :size].astype(bool):
            self._now += 1
            self._probes.update(self._now, SimpleNamespace(spiked=fired))

    def _arriving(self, steps: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the host's spikes in the format of a block's spike list."""
        none = [np.zeros(0, np.int64)]
        sent = [
            np.concatenate(self._sent.pop(self._now + 1 + step, none))
            for step in range(steps)
        ]
        starts = np.cumsum([0, *map(len, sent)])
        return np.concatenate(sent).astype(np.int32), starts


class Hosted:
    """Runs examples one after another through nengo's host and our chip."""

    def __init__(self, built: Built) -> None:
        self._built = built
        self._simulator = built.simulator
        self._chip = ChipInterface(self._simulator, built.steps)
        self._simulator.sims["emulator"] = self._chip
        self.rest()

    def prepare(self, images: Array) -> Array:
        """Convert examples to the argument of `run`."""
        return images.reshape(len(images), -1)

    def run(self, values: Array, rests: Bools, options: RunOptions) -> EngineResult:
        """Present examples, of shape (examples, values), one after another."""
        before = self._chip.overflows
        rows, trains = [], []
        for example, at_rest in zip(values, rests, strict=True):
            if at_rest:
                self.rest()
            rows.append(self._present(example))
            trains.append(self._spikes() if options.keep else {})
        spikes = {name: np.stack([t[name] for t in trains]) for name in trains[0]}
        counts = {name: s.sum(axis=1).astype(np.uint16) for name, s in spikes.items()}
        overflows = self._chip.overflows - before
        return options.result(np.stack(rows), overflows, counts, spikes)

    def rest(self) -> None:
        """Reset the state; nengo-loihi's simulator cannot reset itself."""
        simulator = self._simulator
        self._chip.rest()
        for name in ("host_pre", "host"):
            if name in simulator.sims:
                simulator.sims[name].reset()
        simulator._runner = _nengo_loihi("simulator").StepRunner(
            simulator.model, simulator.sims, simulator.precompute, simulator.timers
        )

    def _present(self, values: Array) -> NDArray[np.float64]:
        """Return the rows of one example, of shape (steps, units)."""
        simulator = self._simulator
        for name in ("host_pre", "host"):
            if name in simulator.sims:
                host = simulator.sims[name]
                if signals := host.model.sig.get(self._built.network.input):
                    host.signals[signals["out"]][:] = values
        simulator.clear_probes()
        simulator.run_steps(self._built.steps)
        return np.array(simulator.data[self._built.network.output], np.float64)

    def _spikes(self) -> Layers:
        described, trains = self._built.package.network, {}
        for name, layer in described.layers.items():
            values = self._built.network.neuron_values(self._simulator, name)
            if layer.pool is None:
                values = values.reshape(len(values), *layer.shape)
            spikes = np.rint(values * (described.dt * layer.high))
            trains[name] = spikes.astype(np.uint8)
        return trains
