"""Find out why a board's spikes differ from those of the exact engine.

Some known board failures only affect the recording; these are applied to the recorded
spikes. For other failures, the exact engine runs again with the failure. The result is
the failure that explains the most differences. Work is limited by counting runs, not by
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice, pairwise, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.exact.tables import BuiltChip
from snnc.runtime.network import Network
from snnc.tools.board.replay import Bools, Replay

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
        best = max(
            [best, _of_chip(board, exact, first, network, replay)], key=_explains
        )
    if best.explains >= SHARE:
        return best
    return _of_first(board, exact, first) or best


def _explains(cause: Cause) -> float:
    return cause.explains


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


def _links(replay: Replay) -> Iterator[tuple[int, str, NDArray[np.int64]]]:
    """Yield the axons of each core by source layer."""
    for block in range(len(replay.chip.fanin.start) - 1):
        for name in replay.places:
            axons = replay.axons(block, name)
            if len(axons):
                yield block, name, axons


def _scale_weights(replay: Replay) -> Iterator[_Fault]:
    """Scale the weights from a layer to a core, or to all cores of a layer."""
    ends: dict[tuple[str, str], list[NDArray[np.int64]]] = {}
    places = []
    for block, name, axons in _links(replay):
        target = replay.layer_of(block)
        places.append((f"from {name} on core {block} ({target})", axons))
        ends.setdefault((name, target), []).append(axons)
    for (name, target), several in ends.items():
        if len(several) > 1:
            places.append((f"from {name} to {target}", np.concatenate(several)))
    for exponent, (place, axons) in product(EXPONENTS, places):
        where = f"weights {place} times 2^{exponent}"
        yield _Fault("wrong exponent", where, replay.scale_axons(axons, exponent))


def _lost_axons(replay: Replay) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Lose spikes between chips, from a layer to a core, or from a core."""
    heard = replay.chip.fanin
    for one, other, axons in replay.between_chips():
        yield f"spikes from chip {one} to chip {other} are lost", axons
    for block, name, axons in _links(replay):
        target = f"core {block} ({replay.layer_of(block)})"
        yield f"{target} receives no spikes from {name}", axons
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


def _of_first(board: Spikes, exact: Spikes, first: Step) -> Cause | None:
    """Describe the first step with a difference, if no failure explains more of it."""
    one, other = ({n: s[n][first] for n in board} for s in (board, exact))
    missing, added = _lacking(one, other), _lacking(other, one)
    if missing <= added:
        return None
    where = f"{missing} of step {first[1]} of example {first[0]}"
    return Cause("dropped spikes", where, (missing - added) / (missing + added))
