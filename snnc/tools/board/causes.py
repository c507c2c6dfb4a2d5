"""Find out why a board's spikes differ from those of the exact engine.

Some known board failures only affect the recording; these are applied to the recorded
spikes. For other failures, the exact engine runs again with the failure. The result is
the failure that explains the most differences. Work is limited by counting runs, not by
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise, product
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.exact.engine import Circuit
from snnc.exact.kernel import file_spikes, mark_spikes, run_chip
from snnc.exact.tables import BuiltChip, resting_state
from snnc.runtime.network import Network

Bools = NDArray[np.bool_]
Places = NDArray[np.int64]
Spikes = Mapping[str, Bools]
"""The spikes of each layer: (examples, steps, neurons)."""
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
SHARE = 0.5
"""The fraction of the differences that a failure must explain to be reported."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A known board failure, and its location.

    ``explains`` is the fraction of the differences that this cause accounts for.
    """

    name: str
    where: str
    explains: float

    def __str__(self) -> str:
        sure = (
            "" if self.explains >= LIKELY else f" ({self.explains:.0%} of what differs)"
        )
        return f"{self.name}: {self.where}{sure}"


class _Fault(NamedTuple):
    """A failure on the chip, or in its input from the host."""

    name: str
    where: str
    chip: BuiltChip | None = None
    host: Bools | None = None


def find_cause(
    board: Spikes, exact: Spikes, first: Step, network: Network, replay: Replay | None
) -> Cause | None:
    """Return the cause that explains most differences; None below half of them.

    Parameters
    ----------
    board, exact
        The spikes of the same layers on the board and in the exact engine.
    first
        The first step with a difference.
    network
        The network that ran.
    replay
        Runs the chip again; None if the host has its own layers of neurons.
    """
    before = _distance(board, exact)
    causes = [
        Cause(name, where, 1 - _distance(board, spikes) / before)
        for name, where, spikes in _recordings(board, exact, first, network, replay)
    ]
    best = max([*causes, *_one_sided(board, exact, first)], key=_explains)
    if best.explains < 1 and replay is not None:
        on_chip = _of_chip(board, exact, first, network, replay)
        best = max([best, on_chip], key=_explains)
    if best.explains >= SHARE:
        return best
    # No failure explains much: describe the first step with a difference.
    one, other = ({n: s[n][first] for n in board} for s in (board, exact))
    missing, added = _lacking(one, other), _lacking(other, one)
    if missing <= added:
        return best
    where = f"{missing} of step {first[1]} of example {first[0]}"
    return Cause("dropped spikes", where, (missing - added) / (missing + added))


_explains = attrgetter("explains")


def first_difference(board: Spikes, exact: Spikes) -> Step | None:
    """Return the first example and step with a difference in any layer."""
    differs = np.any(
        [(board[name] != exact[name]).any(axis=2) for name in board], axis=0
    )
    places = np.argwhere(differs)
    return (int(places[0][0]), int(places[0][1])) if len(places) else None


def _recordings(
    board: Spikes, exact: Spikes, first: Step, network: Network, replay: Replay | None
) -> Iterator[tuple[str, str, Spikes]]:
    """Yield the spikes after faults in the probes or in the recorded layer."""
    for name, train in exact.items():
        late = {**exact, name: _late(train)}
        yield "one step late", f"the spikes of {name}", late
        for text, spikes in _permute_channels(name, board[name], train, network):
            yield "swapped channels", text, {**exact, name: spikes}
        for text, spikes in _move_cores(name, train, replay):
            yield "wrong chip", text, {**exact, name: spikes}
    every = {name: _late(train) for name, train in exact.items()}
    yield "one step late", "all that was recorded", every
    since = {name: _since(first, exact[name], every[name]) for name in exact}
    where = f"all from step {first[1]} of example {first[0]} on"
    yield "one step late", where, since


def _late(train: Bools) -> Bools:
    flat = train.reshape(-1, train.shape[-1])
    late = np.zeros_like(flat)
    late[1:] = flat[:-1]
    return late.reshape(train.shape)


def _since(first: Step, before: Bools, behind: Bools) -> Bools:
    train, (example, step) = before.copy(), first
    train[example, step:] = behind[example, step:]
    train[example + 1 :] = behind[example + 1 :]
    return train


def _lacking(one: Spikes, other: Spikes) -> int:
    """Return the number of spikes in ``other`` only."""
    return sum(int((other[name] & ~one[name]).sum()) for name in one)


def _one_sided(board: Spikes, exact: Spikes, first: Step) -> Iterator[Cause]:
    """Explain differences by missing spikes only, or by additional spikes only."""
    missing, added = _lacking(board, exact), _lacking(exact, board)
    if not missing:
        where = f"{added} that the engine does not have"
        yield Cause("false spikes", where, LIKELY)
    elif not added:
        where = f"{missing}, from step {first[1]} of example {first[0]} on"
        yield Cause("dropped spikes", where, LIKELY)


def _permute_channels(
    name: str, board: Bools, exact: Bools, network: Network
) -> Iterator[tuple[str, Bools]]:
    """Yield a layer's spikes with two channels exchanged."""
    layer = network.layers[name]
    if layer.pool is not None:
        return
    channels = layer.shape[-1]
    one = board.reshape(*board.shape[:2], -1, channels)
    other = exact.reshape(*exact.shape[:2], -1, channels)
    wrong = np.flatnonzero((one != other).any(axis=(0, 1, 2)))
    for a, b in islice(combinations(wrong.tolist(), 2), RUNS):
        order = np.arange(channels)
        order[[a, b]] = b, a
        yield f"{a} and {b} of {name}", other[..., order].reshape(exact.shape)


def _move_cores(
    name: str, exact: Bools, replay: Replay | None
) -> Iterator[tuple[str, Bools]]:
    """Yield a layer's spikes with one core silent, or with two cores exchanged."""
    if replay is None:
        return
    starts = replay.chip.fanin.start
    cores = np.searchsorted(starts, replay.places[name], side="right") - 1
    blocks = [(int(b), np.flatnonzero(cores == b)) for b in np.unique(cores)]
    for block, own in blocks:
        silent = exact.copy()
        silent[..., own] = False
        yield f"spikes of core {block} ({name}) are lost", silent
    for (i, one), (j, other) in islice(combinations(blocks, 2), RUNS):
        if len(one) == len(other):
            moved = exact.copy()
            moved[..., one], moved[..., other] = exact[..., other], exact[..., one]
            yield f"cores {i} and {j} ({name}) are swapped", moved


def _of_chip(
    board: Spikes, exact: Spikes, first: Step, network: Network, replay: Replay
) -> Cause:
    """Return the fault on the chip or in its input that explains most differences."""
    example, step = first
    end = min(step + NEAR, network.steps)

    def near(spikes: Spikes) -> Spikes:
        """Return the spikes until some steps after the first difference."""
        cut = {name: spikes[name][: example + 1].copy() for name in board}
        for train in cut.values():
            train[example, end:] = False
        return cut

    here = near(board)
    before, causes = _distance(here, near(exact)), []
    most = max(1, WORK // ((example + 1) * network.steps * replay.size))
    for fault in islice(_faults(network, replay, first), min(RUNS, most)):
        fired = near(replay.run(fault.chip, fault.host, example + 1))
        causes.append(
            Cause(fault.name, fault.where, 1 - _distance(here, fired) / before)
        )
        if causes[-1].explains == 1:
            break
    return max(causes, key=_explains)


def _distance(one: Spikes, other: Spikes) -> int:
    return sum(int((one[name] != other[name]).sum()) for name in one)


def _faults(network: Network, replay: Replay, first: Step) -> Iterator[_Fault]:
    """Yield the known board failures, cheapest to test first."""
    yield _Fault("one step late", "the host's spikes", host=_late(replay.host))
    yield from _drop_spikes(replay, *first)
    yield from _scale_weights(replay)
    for where, axons in _lost_axons(replay):
        yield _Fault("wrong chip", where, replay.without(axons))
    yield from _swap_channels(network, replay)


def _drop_spikes(replay: Replay, example: int, step: int) -> Iterator[_Fault]:
    """Drop the last spikes from the host in one step, like nengo-loihi."""
    for at in range(step, max(-1, step - LATE), -1):
        sent = np.flatnonzero(replay.host[example, at])
        for kept in sorted({n * len(sent) // 8 for n in range(8)}):
            host = replay.host.copy()
            host[example, at, sent[kept:]] = False
            where = f"spikes from the host in step {at} of example {example}"
            yield _Fault("dropped spikes", where, host=host)


def _scale_weights(replay: Replay) -> Iterator[_Fault]:
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
        yield _Fault("wrong exponent", where, replay.scale_axons(axons, exponent))


def _lost_axons(replay: Replay) -> Iterator[tuple[str, Places]]:
    """Lose spikes between chips, from a layer to a core, or from a core."""
    heard = replay.chip.fanin
    for one, other, axons in replay.between_chips():
        yield f"spikes from chip {one} to chip {other} are lost", axons
    for block, target, name, axons in replay.links():
        yield f"core {block} ({target}) receives no spikes from {name}", axons
    for block, (start, stop) in enumerate(pairwise(heard.start.tolist())):
        own = np.flatnonzero((heard.source >= start) & (heard.source < stop))
        if len(own):
            yield f"spikes of core {block} ({replay.layer_of(block)}) are lost", own


def _swap_channels(network: Network, replay: Replay) -> Iterator[_Fault]:
    """Exchange two channels of a layer for the layers that read it."""
    for name, layer in network.layers.items():
        if layer.pool is not None:
            continue
        by_channel = replay.places[name].reshape(-1, layer.shape[-1]).T
        for a, b in combinations(range(len(by_channel)), 2):
            chip = replay.exchange_sources(by_channel[a], by_channel[b])
            where = f"{a} and {b} of {name}, as read by other layers"
            yield _Fault("swapped channels", where, chip)


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
        host = np.zeros((count, steps, len(circuit.encoder.voltage)), bool)
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

    def links(self) -> Iterator[tuple[int, str, str, Places]]:
        """Yield each block with its layer, and its input axons from each layer."""
        for block, axons in enumerate(pairwise(self.chip.fanin.first.tolist())):
            heard = np.arange(*axons)
            for name, places in self.places.items():
                own = heard[np.isin(self.chip.fanin.source[heard], places)]
                if len(own):
                    yield block, self.layer_of(block), name, own

    def between_chips(self) -> Iterator[tuple[int, int, Places]]:
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

    def without(self, axons: Places) -> BuiltChip:
        """Return the chip without the spikes of some axons."""
        rows, heard = self.chip.rows, self.chip.fanin
        nothing = len(rows.first) - 1
        first = np.append(rows.first, rows.first[-1])
        row = heard.row.copy()
        row[axons] = nothing
        return self.chip._replace(
            rows=rows._replace(first=first), fanin=heard._replace(row=row)
        )

    def scale_axons(self, axons: Places, exponent: int) -> BuiltChip:
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
