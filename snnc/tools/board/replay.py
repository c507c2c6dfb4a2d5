"""Run the exact engine's chip again with a simulated fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.exact.kernel import file_spikes, mark_spikes, run_chip
from snnc.exact.stream import Circuit
from snnc.exact.tables import BuiltChip, resting_state

Bools = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Replay:
    """A chip, the host's spikes, and the sources of each layer.

    ``host`` has the shape (examples, steps, encoder neurons). ``places`` contains the
    flat source indices of each layer: compartments, followed by the host's neurons.
    ``chips`` contains the chip of each block.
    """

    chip: BuiltChip
    host: Bools
    places: Mapping[str, Places]
    chips: Sequence[int]

    @classmethod
    def of(
        cls,
        circuit: Circuit,
        spikes: Mapping[str, NDArray[np.uint8]],
        chips: Sequence[int] = (),
    ) -> Replay:
        """Use a circuit, and the spikes (examples, steps, *shape) of all layers."""
        size = len(circuit.chip.compartments.bias)
        places = {name: at.ravel() for name, at in circuit.places.items()}
        count, steps = next(iter(spikes.values())).shape[:2]
        host = np.zeros((count, steps, circuit.encoder.size), bool)
        for name, at in places.items():
            if at.min() >= size:
                host[..., at - size] = spikes[name].reshape(count, steps, -1) > 0
        return cls(circuit.chip, host, places, chips)

    @property
    def size(self) -> int:
        """The number of compartments."""
        return len(self.chip.compartments.bias)

    def run(
        self, chip: BuiltChip | None, host: Bools | None, count: int
    ) -> dict[str, Bools]:
        """Run the first examples in a row, and return the layers' spikes.

        The spikes have the shape (examples, steps, neurons). ``chip`` and ``host``
        replace those of this replay.
        """
        chip = self.chip if chip is None else chip
        host = (self.host if host is None else host)[:count]
        examples, steps, others = host.shape
        blocks = chip.fanin.start
        sources = self.size + others
        state = resting_state(blocks, sources, steps)
        fired = np.zeros((examples, steps, sources), np.uint8)
        for sent, marks in zip(host, fired, strict=True):
            step, neuron = np.nonzero(sent)
            starts = np.searchsorted(step, np.arange(steps + 1)).astype(np.int64)
            state.used[0] = 0
            file_spikes(neuron.astype(np.int32), starts, self.size, others, state)
            run_chip(chip, state)
            mark_spikes(state, np.zeros(0, np.uint16), marks)
        return {name: fired[..., at] > 0 for name, at in self.places.items()}

    @property
    def most_sent(self) -> int:
        """The maximum number of spikes from the host to one chip in a step."""
        heard = self.chip.fanin
        blocks = np.repeat(np.arange(len(heard.start) - 1), np.diff(heard.first))
        chips = np.asarray(self.chips)[blocks] if len(self.chips) else 0 * blocks
        axons = np.zeros((self.host.shape[-1], int(chips.max(initial=0)) + 1), int)
        outside = heard.source >= self.size
        np.add.at(axons, (heard.source[outside] - self.size, chips[outside]), 1)
        return int((self.host.astype(int) @ axons).max(initial=0))

    def layer_of(self, block: int) -> str:
        """Return the layer of a block."""
        start = self.chip.fanin.start[block]
        return next(name for name, at in self.places.items() if start in at)

    def axons(self, block: int, layer: str) -> NDArray[np.int64]:
        """Return the input axons of a block from a layer."""
        first, source = self.chip.fanin.first, self.chip.fanin.source
        heard = np.arange(first[block], first[block + 1])
        found: NDArray[np.int64] = heard[np.isin(source[heard], self.places[layer])]
        return found

    def between_chips(self) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Yield pairs of chips, with the axons from the first to the second."""
        if len(set(self.chips)) < 2:
            return
        heard, chips = self.chip.fanin, np.asarray(self.chips)
        inside = heard.source < self.size
        sender = np.searchsorted(heard.start, heard.source[inside], side="right") - 1
        blocks = np.repeat(np.arange(len(chips)), np.diff(heard.first))[inside]
        ends = np.stack([chips[sender], chips[blocks]], axis=1)
        numbers = np.flatnonzero(inside)
        for one, other in np.unique(ends, axis=0).tolist():
            if one != other:
                yield one, other, numbers[(ends == (one, other)).all(axis=1)]

    def without(self, axons: NDArray[np.int64]) -> BuiltChip:
        """Return the chip without the spikes of some axons."""
        rows, heard = self.chip.rows, self.chip.fanin
        nothing = len(rows.first) - 1
        first = np.append(rows.first, rows.first[-1])
        row = heard.row.copy()
        row[axons] = nothing
        return self.chip._replace(
            rows=rows._replace(first=first), fanin=heard._replace(row=row)
        )

    def scale_axons(self, axons: NDArray[np.int64], exponent: int) -> BuiltChip:
        """Return the chip with the weights of some axons multiplied by 2^exponent."""
        rows, heard = self.chip.rows, self.chip.fanin
        weights = rows.weights.copy()
        for row in np.unique(heard.row[axons]):
            for run in range(rows.first[row], rows.first[row + 1]):
                own = slice(rows.begin[run], rows.begin[run] + rows.length[run])
                weights[own] = rows.weights[own] * 2.0**exponent
        return self.chip._replace(rows=rows._replace(weights=weights))

    def exchange_sources(self, one: Places, other: Places) -> BuiltChip:
        """Return the chip with the spikes of some sources exchanged."""
        heard = self.chip.fanin
        sources = np.arange(self.size + self.host.shape[-1])
        sources[one], sources[other] = other, one
        return self.chip._replace(fanin=heard._replace(source=sources[heard.source]))
