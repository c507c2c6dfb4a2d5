"""Simulate known failures of boards, and find the one that explains a recording best.

Some failures only affect the recording; these are applied to the engine's spikes. For
others, the engine runs again. Work is limited by counting runs, not by time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice, pairwise, product
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact.circuit import Circuit
from snnc.exact.kernel import file_spikes, mark_spikes, run_chip
from snnc.exact.tables import BuiltChip, resting_state
from snnc.runtime.network import Network

Bools = NDArray[np.bool_]
Places = NDArray[np.int64]
Spikes = Mapping[str, Bools]
"""The spikes of each layer: (examples, steps, neurons)."""
Fault = tuple[str, str, Spikes]
"""A failure, its location, and the spikes after it."""
Step = tuple[int, int]
"""An example, and a step of this example."""
RUNS = 2000
WORK = 4_000_000_000
"""The work, in engine runs and neuron steps, after which no further failure is
tried."""
LIKELY = 0.9
"""The fraction that only missing or only added spikes explain: a specific fault may be
more likely."""
NEAR = 20
"""The number of steps after the first difference in which failures are compared."""
EXPONENTS = (1, -1, 2, -2)
LATE = 16
"""The maximum number of steps until a lost spike from the host has an effect."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A known board failure, its location, and the fraction that it ``explains``."""

    name: str
    where: str
    explains: float

    def __str__(self) -> str:
        share = f" ({self.explains:.0%} of what differs)"
        return f"{self.name}: {self.where}{share if self.explains < LIKELY else ''}"


def find_cause(
    board: Spikes, exact: Spikes, first: Step, network: Network, replay: Replay | None
) -> Cause | None:
    """Return the cause that explains most differences, if any explains some.

    ``first`` is the first step with a difference. ``replay`` is None if the host has
    its own layers of neurons.
    """
    example, step = first
    end = example * network.steps + min(step + NEAR, network.steps)

    def rows(spikes: Spikes) -> Bools:
        """Return the spikes of all recorded layers: (steps, neurons)."""
        flat = [spikes[name].reshape(-1, spikes[name].shape[-1]) for name in board]
        return np.concatenate(flat, axis=1)

    recorded, expected = rows(board), rows(exact)
    missing, added = (expected & ~recorded).sum(), (recorded & ~expected).sum()
    causes = []
    if not missing:
        extra = f"{added} that the engine does not have"
        causes = [Cause("false spikes", extra, LIKELY)]
    elif not added:
        lost = f"{missing}, from step {step} of example {example} on"
        causes = [Cause("dropped spikes", lost, LIKELY)]
    before = (recorded[:end] != expected[:end]).sum()
    board, exact = ({n: s[n][: example + 1] for n in board} for s in (board, exact))
    faults = _recorded_faults(board, exact, network, replay)
    if replay is not None:
        faults = chain(faults, _run_faults(network, replay, first))
    for name, where, spikes in faults:
        after = (recorded[:end] != rows(spikes)[:end]).sum()
        causes.append(Cause(name, where, 1 - after / before))
        if not after:
            break
    best = max(causes, key=attrgetter("explains"))
    return best if best.explains > 0 else None


def _recorded_faults(
    board: Spikes, exact: Spikes, network: Network, replay: Replay | None
) -> Iterator[Fault]:
    """Yield faults in the probes or in the recorded layer."""
    late = {name: _late(train) for name, train in exact.items()}
    for name, train in exact.items():
        yield "one step late", f"the spikes of {name}", {**exact, name: late[name]}
        differs = (board[name] != train).any(axis=(0, 1))
        for where, one, other in _channel_pairs(network, name, differs):
            swapped = train.copy()
            swapped[..., one], swapped[..., other] = train[..., other], train[..., one]
            yield "swapped channels", where, {**exact, name: swapped}
        for block, own in replay.cores_of(name) if replay is not None else ():
            silent = train.copy()
            silent[..., own] = False
            where = f"spikes of core {block} ({name}) are lost"
            yield "wrong chip", where, {**exact, name: silent}
    yield "one step late", "all that was recorded", late


def _late(train: Bools) -> Bools:
    flat = train.reshape(-1, train.shape[-1])
    late = np.zeros_like(flat)
    late[1:] = flat[:-1]
    return late.reshape(train.shape)


def _channel_pairs(
    network: Network, name: str, among: Bools
) -> Iterator[tuple[str, Places, Places]]:
    """Yield pairs of channels with a neuron in ``among``, and the neurons of both."""
    layer = network.layers[name]
    if layer.pool is not None:  # it has no channels
        return
    by_channel = np.arange(layer.neurons).reshape(-1, layer.shape[-1]).T
    chosen = np.flatnonzero(among[by_channel].any(axis=1)).tolist()
    for a, b in islice(combinations(chosen, 2), RUNS):
        yield f"{a} and {b} of {name}", by_channel[a], by_channel[b]


def _run_faults(network: Network, replay: Replay, first: Step) -> Iterator[Fault]:
    """Yield faults on the chip or in its input, cheapest first."""
    example, step = first
    replay = replace(replay, host=replay.host[: example + 1])
    most = max(1, WORK // ((example + 1) * network.steps * replay.size))
    late = replace(replay, host=_late(replay.host))
    faults = chain(
        [("one step late", "the host's spikes", late)],
        _drop_spikes(replay, example, step),
        _scale_weights(replay),
        _lose_axons(replay),
        _swap_channels(network, replay),
    )
    for name, where, faulty in islice(faults, min(RUNS, most)):
        yield name, where, faulty.run()


def _drop_spikes(replay: Replay, example: int, step: int) -> Iterator[FaultyReplay]:
    """Drop the last spikes from the host in one step, like nengo-loihi."""
    for at in range(step, max(-1, step - LATE), -1):
        sent = np.flatnonzero(replay.host[example, at])
        for kept in sorted({n * len(sent) // 8 for n in range(8)}):
            host = replay.host.copy()
            host[example, at, sent[kept:]] = False
            where = f"spikes from the host in step {at} of example {example}"
            yield "dropped spikes", where, replace(replay, host=host)


def _scale_weights(replay: Replay) -> Iterator[FaultyReplay]:
    """Scale the weights from a layer to a core, or to all cores of a layer."""
    ends: dict[tuple[str, str], list[Places]] = {}
    places = []
    for block, target, name, axons in replay.links():
        places.append((f"from {name} on core {block} ({target})", axons))
        ends.setdefault((name, target), []).append(axons)
    for (name, target), several in ends.items():
        if len(several) > 1:
            places.append((f"from {name} to {target}", np.concatenate(several)))
    for exponent, (place, axons) in product(EXPONENTS, places):
        where = f"weights {place} times 2^{exponent}"
        yield "wrong exponent", where, replay.with_scaled(axons, exponent)


def _lose_axons(replay: Replay) -> Iterator[FaultyReplay]:
    """Lose spikes from a layer to a core, or from a core."""
    for block, target, name, axons in replay.links():
        where = f"core {block} ({target}) receives no spikes from {name}"
        yield "wrong chip", where, replay.without(axons)
    source = replay.chip.fanin.source
    for block, (start, stop) in enumerate(pairwise(replay.chip.fanin.start.tolist())):
        axons = np.flatnonzero((source >= start) & (source < stop))
        if len(axons):
            where = f"spikes of core {block} ({replay.layer_of(block)}) are lost"
            yield "wrong chip", where, replay.without(axons)


def _swap_channels(network: Network, replay: Replay) -> Iterator[FaultyReplay]:
    """Exchange two channels of a layer for the layers that read it."""
    for name, places in replay.places.items():
        every = np.ones(len(places), bool)
        for where, one, other in _channel_pairs(network, name, every):
            swapped = replay.with_exchanged(places[one], places[other])
            yield "swapped channels", f"{where}, as read by other layers", swapped


@dataclass(frozen=True)
class Replay:
    """A chip, the host's spikes (examples, steps, neurons), and the layers' sources.

    Sources in ``places`` are flat indices: compartments, then the host's neurons.
    """

    chip: BuiltChip
    host: Bools
    places: Mapping[str, Places]

    @classmethod
    def of(cls, circuit: Circuit, spikes: Mapping[str, NDArray[np.uint8]]) -> Replay:
        """Use a circuit, and the spikes (examples, steps, *shape) of all layers."""
        size = len(circuit.chip.compartments.bias)
        places = {name: at.ravel() for name, at in circuit.places.items()}
        count, steps = next(iter(spikes.values())).shape[:2]
        host = np.zeros((count, steps, len(circuit.encoder.voltage)), bool)
        for name, at in places.items():
            if at.min() >= size:
                host[..., at - size] = spikes[name].reshape(count, steps, -1) > 0
        return cls(circuit.chip, host, places)

    @property
    def size(self) -> int:
        """The number of compartments."""
        return len(self.chip.compartments.bias)

    def run(self) -> dict[str, Bools]:
        """Run the examples in a row, and return the spikes of all layers."""
        examples, steps, others = self.host.shape
        sources = self.size + others
        state = resting_state(self.chip.fanin.start, sources, steps)
        fired = np.zeros((examples, steps, sources), np.uint8)
        for sent, marks in zip(self.host, fired, strict=True):
            step, neuron = np.nonzero(sent)
            starts = np.searchsorted(step, np.arange(steps + 1)).astype(np.int64)
            state.used[0] = 0
            file_spikes(neuron.astype(np.int32), starts, self.size, others, state)
            run_chip(self.chip, state)
            mark_spikes(state, np.zeros(0, np.uint16), marks)
        return {name: fired[..., at] > 0 for name, at in self.places.items()}

    def layer_of(self, block: int) -> str:
        """Return the layer of a block."""
        start = self.chip.fanin.start[block]
        return next(name for name, at in self.places.items() if start in at)

    def cores_of(self, name: str) -> Iterator[tuple[int, Places]]:
        """Yield the blocks of a layer, with the layer's neurons on each."""
        starts = self.chip.fanin.start
        blocks = np.searchsorted(starts, self.places[name], side="right") - 1
        for block in np.unique(blocks).tolist():
            yield block, np.flatnonzero(blocks == block)

    def links(self) -> Iterator[tuple[int, str, str, Places]]:
        """Yield each block with its layer, and its input axons from each layer."""
        for block, axons in enumerate(pairwise(self.chip.fanin.first.tolist())):
            heard = np.arange(*axons)
            for name, places in self.places.items():
                own = heard[np.isin(self.chip.fanin.source[heard], places)]
                if len(own):
                    yield block, self.layer_of(block), name, own

    def without(self, axons: Places) -> Replay:
        """Lose the spikes of some axons."""
        rows, heard = self.chip.rows, self.chip.fanin
        row = heard.row.copy()
        row[axons] = len(rows.first) - 1  # a row without weights
        first = np.append(rows.first, rows.first[-1])
        return self._with(
            rows=rows._replace(first=first), fanin=heard._replace(row=row)
        )

    def with_scaled(self, axons: Places, exponent: int) -> Replay:
        """Multiply the weights of some axons by 2^exponent."""
        rows = self.chip.rows
        weights = rows.weights.copy()
        for row in np.unique(self.chip.fanin.row[axons]):
            for run in range(rows.first[row], rows.first[row + 1]):
                own = slice(rows.begin[run], rows.begin[run] + rows.length[run])
                weights[own] = rows.weights[own] * 2.0**exponent
        return self._with(rows=rows._replace(weights=weights))

    def with_exchanged(self, one: Places, other: Places) -> Replay:
        """Exchange the spikes of some sources."""
        heard = self.chip.fanin
        sources = np.arange(self.size + self.host.shape[-1])
        sources[one], sources[other] = other, one
        return self._with(fanin=heard._replace(source=sources[heard.source]))

    def _with(self, **parts: Any) -> Replay:
        return replace(self, chip=self.chip._replace(**parts))


FaultyReplay = tuple[str, str, Replay]
"""A failure, its location, and a replay with it."""
