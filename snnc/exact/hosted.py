"""Networks whose host nengo has to step: its simulator with our chip in it."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from nengo_loihi.simulator import StepRunner
from numpy.typing import NDArray

from snnc.exact.chip import ChipInterface
from snnc.exact.outcome import Given, Kept, Layers
from snnc.exact.package import Built
from snnc.exact.tables import Tables


class Hosted:
    """One example after another through nengo's host and our chip; the only lane."""

    def __init__(self, built: Built, tables: Tables) -> None:
        self._built = built
        self._simulator = built.simulator
        self._chip = ChipInterface(self._simulator.model, tables, built.steps)
        self._simulator.sims["emulator"] = self._chip
        self.rest()

    def lanes(self, count: int) -> list[Hosted]:
        """Return the only lane, at rest: nengo has one memory."""
        assert count == 1
        self.rest()
        return [self]

    def prepared(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return what `run` takes."""
        return images.reshape(len(images), -1)

    def run(self, values: NDArray[Any], from_rest: bool, keep: Sequence[Kept]) -> Given:
        """Present examples, (examples, values), one after another."""
        before = self._chip.overflows
        rows, trains = [], []
        for example in values:
            if from_rest:
                self.rest()
            rows.append(self._present(example))
            trains.append(self._spikes() if keep else {})
        spikes = {name: np.stack([t[name] for t in trains]) for name in trains[0]}
        counts = {name: s.sum(axis=1).astype(np.uint16) for name, s in spikes.items()}
        overflows = self._chip.overflows - before
        return Given(np.stack(rows), overflows, counts, spikes)

    def rest(self) -> None:
        """Forget the examples before; nengo-loihi's simulator cannot reset itself."""
        simulator = self._simulator
        self._chip.rest()
        for name in ("host_pre", "host"):
            if name in simulator.sims:
                simulator.sims[name].reset()
        simulator._runner = StepRunner(
            simulator.model, simulator.sims, simulator.precompute, simulator.timers
        )

    def _present(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the rows of one example: (steps, units)."""
        simulator = self._simulator
        for name in ("host_pre", "host"):
            if name in simulator.sims:
                self._feed(simulator.sims[name], values)
        simulator.clear_probes()
        simulator.run_steps(self._built.steps)
        return np.array(simulator.data[self._built.network.output], np.float64)

    def _feed(self, host: Any, values: NDArray[Any]) -> None:
        signals = host.model.sig.get(self._built.network.input)
        if signals:
            host.signals[signals["out"]][:] = values

    def _spikes(self) -> Layers:
        """Return the spikes of each step of the last example."""
        described, trains = self._built.package.network, {}
        for name, layer in described.layers.items():
            values = self._built.network.layer_values(self._simulator, name)
            spikes = np.rint(values * (described.dt * layer.high))
            trains[name] = spikes.astype(np.uint8)
        return trains

    @property
    def nbytes(self) -> int:
        """Bytes that the lane holds, but for nengo's own."""
        return self._chip.nbytes
