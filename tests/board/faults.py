"""Boards on which one of the failures happens that are reported of boards."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.board.running import RunningBoard

Tamper = Callable[[Any], None]


class Late(RunningBoard):
    """Delay the host's spikes by one step."""

    def arrival(self, time: int, before: int) -> int | None:
        return time + 1


class ShownLate(RunningBoard):
    """Probes show a step late what fired."""

    def run(self, count: int, aSync: bool = False) -> None:
        super().run(count, aSync)
        for probe in self.probes:
            for one in probe.recorded:
                data, kept = one.timeSeries.data, vars(one).get("kept", 0)
                one.kept = data[-1]
                data[:] = [kept, *data[:-1]]


def dropping(at: int, kept: int) -> type[RunningBoard]:
    """Drop all of the host's spikes in a step, except the first."""

    class Dropping(RunningBoard):
        def arrival(self, time: int, before: int) -> int | None:
            return None if time == at and before >= kept else time

    return Dropping


def false_spikes(seed: int) -> type[RunningBoard]:
    """Probes show spikes that there were not."""
    rng = np.random.default_rng(seed)

    class Seeing(RunningBoard):
        def record(self, spiked: NDArray[np.bool_]) -> NDArray[np.bool_]:
            seen: NDArray[np.bool_] = spiked | (rng.random(len(spiked)) < 0.004)
            return seen

    return Seeing


def tampering_board(tamper: Tamper) -> type[RunningBoard]:
    """Return a board whose registers are changed before it runs."""

    class Tampered(RunningBoard):
        def tamper(self) -> None:
            tamper(self)

    return Tampered


def cores(board: Any) -> Iterator[Any]:
    for chip in board.n2Chips:
        yield from chip.n2Cores


def exponent(core: int, more: int) -> type[RunningBoard]:
    """Give all synapses of a core another exponent."""

    def tamper(board: Any) -> None:
        for form in list(cores(board))[core].synapseFmt.values():
            form["wgtExp"] += more

    return tampering_board(tamper)


def swap_atoms(sender: int, one: int, other: int) -> type[RunningBoard]:
    """Two atoms of the axons of a core are in one another's place."""
    swap = {one: other, other: one}

    def tamper(board: Any) -> None:
        axons = senders(board, 16, 32)[sender].axons
        axons[:] = [a._replace(atom=swap.get(a.atom, a.atom)) for a in axons]

    return tampering_board(tamper)


def swapped_input(one: int, other: int) -> type[RunningBoard]:
    """Two atoms of the host's spikes are in one another's place."""
    swap = {one: other, other: one}

    def tamper(board: Any) -> None:
        for spike in board.global_spike_generator.spikes:
            spike["srcAtom"] = swap.get(int(spike["srcAtom"]), spike["srcAtom"])

    return tampering_board(tamper)


def elsewhere(sender: int) -> type[RunningBoard]:
    """Send the spikes of a core to a chip where nobody receives them."""

    def tamper(board: Any) -> None:
        axons = senders(board, 0, 16, 32)[sender].axons
        axons[:] = [axon._replace(chip=99) for axon in axons]

    return tampering_board(tamper)


def senders(board: Any, *pops: int) -> list[Any]:
    """Return the cores that have axons of some kinds."""
    return [c for c in cores(board) if any(axon.pop in pops for axon in c.axons)]
