"""Find out why a board's spikes differ from those of the exact engine.

Some known board failures only affect the recording; these are applied to the recorded
spikes. For other failures, the exact engine runs again with the failure. The result is
the failure that explains the most differences. Work is limited by counting runs, not by
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from snnc.exact.tables import BuiltChip
from snnc.runtime.network import Network
from snnc.tools.board.replay import Bools, Replay

Spikes = Mapping[str, Bools]
"""The spikes of each layer: (examples, steps, neurons)."""
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


@dataclass(frozen=True, slots=True)
class _Fault:
    name: str
    where: str
    chip: BuiltChip
    host: Bools


def find_cause(
    board: Spikes, exact: Spikes, network: Network, replay: Replay | None
) -> Cause | None:
    """Return the cause that explains most differences; None below half of them.

    Parameters
    ----------
    board, exact
        The spikes of the same layers on the board and in the exact engine.
    network
        The network that ran.
    replay
        Runs the chip again; None if the host has its own layers of neurons.
    """
    recorded = _of_recording(board, exact, network, replay)
    if recorded is not None and recorded.explains == 1:
        return recorded
    run = None if replay is None else _of_chip(board, exact, network, replay)
    found = [cause for cause in (recorded, run) if cause is not None]
    best = max(found, key=lambda cause: cause.explains, default=None)
    if best is not None and best.explains >= SHARE:
        return best
    return _of_first(board, exact) or best


def first_difference(board: Spikes, exact: Spikes) -> tuple[int, int] | None:
    """Return the first example and step with a difference in any layer."""
    differs = np.any(
        [(board[name] != exact[name]).any(axis=2) for name in board], axis=0
    )
    places = np.argwhere(differs)
    return (int(places[0][0]), int(places[0][1])) if len(places) else None


def _of_recording(
    board: Spikes, exact: Spikes, network: Network, replay: Replay | None
) -> Cause | None:
    """Try faults in the probes or in the recorded layer."""
    tried: list[tuple[str, str, Spikes]] = []
    for name in board:
        late = {**exact, name: _late(exact[name])}
        tried.append(("one step late", f"the spikes of {name}", late))
        for text, spikes in _permute_channels(name, board[name], exact[name], network):
            tried.append(("swapped channels", text, {**exact, name: spikes}))
        for text, spikes in _move_cores(name, exact[name], replay):
            tried.append(("wrong chip", text, {**exact, name: spikes}))
    every = {name: _late(exact[name]) for name in board}
    tried.append(("one step late", "all that was recorded", every))
    first = first_difference(board, exact)
    assert first is not None
    since = {name: _since(first, exact[name], every[name]) for name in board}
    where = f"all from step {first[1]} of example {first[0]} on"
    tried.append(("one step late", where, since))
    before = _distance(board, exact)
    causes = [
        Cause(name, where, 1 - _distance(board, spikes) / before)
        for name, where, spikes in tried
    ]
    alone = _one_sided(board, exact)
    every_cause = causes if alone is None else [*causes, alone]
    return max(every_cause, key=lambda cause: cause.explains)


def _late(train: Bools) -> Bools:
    flat = train.reshape(-1, train.shape[-1])
    late = np.zeros_like(flat)
    late[1:] = flat[:-1]
    return late.reshape(train.shape)


def _since(first: tuple[int, int], before: Bools, behind: Bools) -> Bools:
    train, (example, step) = before.copy(), first
    train[example, step:] = behind[example, step:]
    train[example + 1 :] = behind[example + 1 :]
    return train


def _one_sided(board: Spikes, exact: Spikes) -> Cause | None:
    """Explain differences by missing spikes only, or by additional spikes only."""
    missing = sum(int((exact[n] & ~board[n]).sum()) for n in board)
    added = sum(int((board[n] & ~exact[n]).sum()) for n in board)
    if added and not missing:
        return Cause("false spikes", f"{added} that the engine does not have", LIKELY)
    if added or not missing:
        return None
    steps = [np.argwhere((exact[n] & ~board[n]).any(axis=2)) for n in board]
    places = sorted({(int(e), int(t)) for found in steps for e, t in found})
    example, step = places[0]
    where = f"{missing}, from step {step} of example {example} on"
    return Cause("dropped spikes", where, LIKELY)


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
    blocks = _blocks_of(name, replay)
    for block, own in blocks:
        silent = exact.copy()
        silent[..., own] = False
        yield f"spikes of core {block} ({name}) are lost", silent
    for (i, one), (j, other) in islice(combinations(blocks, 2), RUNS):
        if len(one) == len(other):
            moved = exact.copy()
            moved[..., one], moved[..., other] = exact[..., other], exact[..., one]
            yield f"cores {i} and {j} ({name}) are swapped", moved


def _blocks_of(name: str, replay: Replay) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the cores of a layer, and the neurons on each."""
    places, starts = replay.places[name], replay.chip.fanin.start
    blocks = np.searchsorted(starts, places, side="right") - 1
    return [(int(b), np.flatnonzero(blocks == b)) for b in np.unique(blocks)]


def _of_chip(
    board: Spikes, exact: Spikes, network: Network, replay: Replay
) -> Cause | None:
    """Try faults on the chip or in the input to the chip."""
    first = first_difference(board, exact)
    assert first is not None
    example, step = first
    seen = slice(0, example + 1)
    end = min(step + NEAR, network.steps)

    def near(spikes: Spikes) -> dict[str, Bools]:
        """Return the spikes until some steps after the first difference."""
        cut = {name: spikes[name][seen].copy() for name in board}
        for train in cut.values():
            train[example, end:] = False
        return cut

    here = near(board)
    before = _distance(here, near(exact))
    best: Cause | None = None
    most = max(1, WORK // ((example + 1) * network.steps * replay.size))
    for fault in islice(_faults(network, replay, example, step), min(RUNS, most)):
        fired = near(replay.run(fault.chip, fault.host[seen]))
        explains = 1 - _distance(here, fired) / before
        if best is None or explains > best.explains:
            best = Cause(fault.name, fault.where, explains)
        if explains == 1:
            break
    return best


def _distance(one: Spikes, other: Spikes) -> int:
    return sum(int((one[name] != other[name]).sum()) for name in one)


def _faults(
    network: Network, replay: Replay, example: int, step: int
) -> Iterator[_Fault]:
    """Yield the known board failures, cheapest to test first."""
    chip, host = replay.chip, replay.host
    yield _Fault("one step late", "the host's spikes", chip, _late(host))
    yield from _drop_spikes(replay, example, step)
    yield from _scale_weights(replay)
    yield from _lose_spikes(replay)
    yield from _swap_channels(network, replay)


def _drop_spikes(replay: Replay, example: int, step: int) -> Iterator[_Fault]:
    """Drop the last spikes from the host in one step, like nengo-loihi."""
    for at in range(step, max(-1, step - LATE), -1):
        sent = np.flatnonzero(replay.host[example, at])
        for kept in sorted({n * len(sent) // 8 for n in range(8)}):
            host = replay.host.copy()
            host[example, at, sent[kept:]] = False
            where = f"spikes from the host in step {at} of example {example}"
            yield _Fault("dropped spikes", where, replay.chip, host)


def _links(replay: Replay) -> Iterator[tuple[int, str, NDArray[np.int64]]]:
    """Yield the axons of each core by source layer."""
    for block in range(len(replay.chip.fanin.start) - 1):
        for name in replay.places:
            axons = replay.axons(block, name)
            if len(axons):
                yield block, name, axons


def _scale_weights(replay: Replay) -> Iterator[_Fault]:
    links = list(_links(replay))
    by_layers: dict[tuple[str, str], list[NDArray[np.int64]]] = {}
    for exponent in EXPONENTS:
        scale = f"times 2^{exponent}"
        for block, name, axons in links:
            target = replay.layer_of(block)
            by_layers.setdefault((name, target), []).append(axons)
            where = f"weights from {name} on core {block} ({target}) {scale}"
            chip = replay.scale_axons(axons, exponent)
            yield _Fault("wrong exponent", where, chip, replay.host)
        for (name, target), several in by_layers.items():
            if len(several) > 1:
                where = f"weights from {name} to {target} {scale}"
                chip = replay.scale_axons(np.concatenate(several), exponent)
                yield _Fault("wrong exponent", where, chip, replay.host)
        by_layers.clear()


def _lose_spikes(replay: Replay) -> Iterator[_Fault]:
    """Lose spikes between chips, from a layer to a core, or from a core."""
    heard, starts = replay.chip.fanin, replay.chip.fanin.start
    for one, other, axons in replay.between_chips():
        where = f"spikes from chip {one} to chip {other} are lost"
        yield _Fault("wrong chip", where, replay.without(axons), replay.host)
    for block, name, axons in _links(replay):
        target = f"core {block} ({replay.layer_of(block)})"
        where = f"{target} receives no spikes from {name}"
        chip = replay.without(axons)
        yield _Fault("wrong chip", where, chip, replay.host)
    for block, (start, stop) in enumerate(pairwise(starts.tolist())):
        own = (heard.source >= start) & (heard.source < stop)
        where = f"spikes of core {block} ({replay.layer_of(block)}) are lost"
        if own.any():
            chip = replay.without(np.flatnonzero(own))
            yield _Fault("wrong chip", where, chip, replay.host)


def _swap_channels(network: Network, replay: Replay) -> Iterator[_Fault]:
    """Exchange two channels of a layer for the layers that read it."""
    for name, layer in network.layers.items():
        if layer.pool is not None:
            continue
        by_channel = replay.places[name].reshape(-1, layer.shape[-1]).T
        for a, b in combinations(range(len(by_channel)), 2):
            chip = replay.exchange_sources(by_channel[a], by_channel[b])
            where = f"{a} and {b} of {name}, as read by other layers"
            yield _Fault("swapped channels", where, chip, replay.host)


def _of_first(board: Spikes, exact: Spikes) -> Cause | None:
    """Describe the first step with a difference, if no failure explains more of it."""
    first = first_difference(board, exact)
    assert first is not None
    one, other = ({n: s[n][first] for n in board} for s in (board, exact))
    missing = sum(int((other[n] & ~one[n]).sum()) for n in board)
    added = sum(int((one[n] & ~other[n]).sum()) for n in board)
    before = missing + added
    if missing > added:
        where = f"{missing} of step {first[1]} of example {first[0]}"
        return Cause("dropped spikes", where, (missing - added) / before)
    return None
