"""One example after another on one thread, from the encoder to the readout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact.encoder import Encoder
from snnc.exact.kernel import run_examples
from snnc.exact.outcome import Given, Kept
from snnc.exact.tables import Bools, Chip, Floats, Int64, Readout, resting, waking


@dataclass(frozen=True, slots=True)
class Circuit:
    """What all lanes share and none changes.

    Sources are the compartments and then the encoders' neurons; ``places`` are
    those of each layer, in the layer's shape.
    """

    chip: Chip
    readout: Readout
    encoder: Encoder
    places: dict[str, Int64]
    steps: int
    _preparing: Lock = field(default_factory=Lock)

    def lanes(self, count: int) -> list[Lane]:
        """Return lanes for as many threads."""
        return [Lane(self) for _ in range(count)]

    def prepared(self, images: NDArray[Any]) -> Floats:
        """Return what `Lane.run` takes."""
        with self._preparing:
            return np.stack([self.encoder.charges(image) for image in images])


class Lane:
    """The state of one run; each thread has its own."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        blocks, steps = circuit.chip.fanin.start, circuit.steps
        self._sources = int(blocks[-1]) + circuit.encoder.size
        self._state = resting(blocks, self._sources, steps)
        units = len(circuit.readout.bias)
        self._host = waking(circuit.encoder.voltage, units, steps)

    def run(self, charges: Floats, rests: Bools, keep: Sequence[Kept]) -> Given:
        """Present examples, (examples, encoder neurons), one after another.

        ``rests``, (examples,), tells which of them forget those before.
        """
        circuit, steps = self._circuit, self._circuit.steps
        count, sources = len(charges), self._sources
        rows = np.empty((count, steps, len(circuit.readout.bias)))
        counts = np.zeros((count, sources * ("counts" in keep)), np.uint16)
        shape = (steps, sources) if "spikes" in keep else (0, 0)
        spikes = np.zeros((count, *shape), np.uint8)
        before = self._state.overflows.copy()
        parts = (circuit.chip, circuit.readout, circuit.encoder.voltage)
        states = (self._state, self._host)
        run_examples(*parts, *states, charges, rests, rows, counts, spikes)
        return Given(
            rows,
            self._state.overflows - before,
            self._layers(counts) if "counts" in keep else {},
            self._layers(spikes) if "spikes" in keep else {},
        )

    def _layers(self, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
        return {name: values[..., at] for name, at in self._circuit.places.items()}


def read_places(
    simulator: Any, built: Any, starts: dict[Any, int], hosts: dict[Any, int]
) -> dict[str, Int64]:
    """Return the sources of each layer, in the layer's shape; of a max pool in a row.

    ``starts`` gives the first source of each block, ``hosts`` of each ensemble on
    the host. All layers must be probed.
    """
    numbers = {}
    for name, ensembles in built.layers.items():
        probes = built.layer_probes[name]
        for probe, ensemble in zip(probes, ensembles, strict=True):
            if ensemble in hosts:
                part = hosts[ensemble] + np.arange(ensemble.n_neurons)
            else:
                part = _compartments(simulator.model.objs[probe]["out"], starts)
            numbers[probe] = part[np.newaxis]
    # The package itself knows how depth groups become the layer's shape.
    data = SimpleNamespace(data=numbers)
    places = {}
    for name in built.layers:
        (row,) = built.neuron_values(data, name).astype(np.int64)
        # A max pool has as many neurons as maxima only where windows hold two.
        places[name] = row if name in built.terms else row.reshape(built.shapes[name])
    return places


def _compartments(probe: Any, starts: dict[Any, int]) -> Int64:
    """Return the compartments that a probe of nengo-loihi shows, in its order."""
    parts = [
        starts[block] + np.arange(block.n_neurons)[part]
        for block, part in zip(probe.target, probe.slice, strict=True)
    ]
    numbers: Int64 = np.concatenate(parts)
    return numbers if probe.reindexing is None else np.take(numbers, probe.reindexing)
