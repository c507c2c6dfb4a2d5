"""Axes of Sparse transforms, which store a separate array for each position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from snnc.loihi.axis import Axis, Interval, Picked, TapRun, View, length
from snnc.loihi.taps import Tap, Taps, without_factor

Reads = Mapping[int, Tap]
"""The positions that an output reads, and their taps."""
Pattern = tuple[tuple[int, Tap], ...]
"""Outputs, and the taps through which they read a position, without a common factor."""


def pattern_of(reads: Sequence[tuple[int, Tap]]) -> tuple[Pattern, int]:
    """Return the outputs' taps, and the common factor of their weights."""
    taps, scale = without_factor([tap for _, tap in reads])
    return tuple(zip((output for output, _ in reads), taps, strict=True)), scale


class ScatterAxis(Axis):
    """An axis where zero taps connect nothing, and each position is a separate run.

    A `nengo.Sparse` stores an array of weights for each neuron that is read. An array
    belongs to the neurons that read it (`set_weights`, ``nengo_loihi/block.py:734``),
    so a run is one position.
    """

    @cached_property
    def _seen(self) -> dict[tuple[int, tuple[TapRun, ...]], View]:
        return {}

    @cached_property
    def _places(self) -> dict[Interval, tuple[int, ...]]:
        return {}

    def reads(self, output: int) -> Reads:
        """Return the positions that an output reads through nonzero taps."""
        start = output * self.stride - self.before
        taps = self.taps.nonzero_places(-start, self.inputs - start)
        return {start + t: self.taps[t] for t in taps}

    def tap(self, output: int, place: int) -> Tap:
        return self.reads(output).get(place, ())

    def taps_of(self, tile: Interval) -> tuple[int, ...]:
        """Return the reader's taps through which a tile of outputs reads, in order."""
        taps = (tap for output in range(*tile) for tap in self.reads(output).values())
        return tuple(sorted({place for tap in taps for place, _ in tap}))

    def _view(self, tile: Interval) -> View:
        size, runs = length(tile), self._find_runs(tile)
        # Views with equal content are one object.
        return self._seen.setdefault((size, runs), View(size, len(runs), lambda: runs))

    def count_inputs(self, tile: Interval) -> int:
        return len(self._read(tile))

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        places = self._read(tile)
        first = 0
        for i, place in enumerate(places):
            if i + 1 == len(places) or places[i + 1] != place + 1:
                yield places[first], place + 1
                first = i + 1

    def _read(self, tile: Interval) -> tuple[int, ...]:
        """Return the positions that a tile reads, in order."""
        if tile not in self._places:
            places = {place for output in range(*tile) for place in self.reads(output)}
            self._places[tile] = tuple(sorted(places))
        return self._places[tile]

    def _find_runs(self, tile: Interval) -> tuple[TapRun, ...]:
        readers: dict[int, list[tuple[int, Tap]]] = {}
        for output in range(*tile):
            for place, tap in self.reads(output).items():
                readers.setdefault(place, []).append((output - tile[0], tap))
        return tuple(self._run(reads) for _, reads in sorted(readers.items()))

    def _run(self, reads: Sequence[tuple[int, Tap]]) -> TapRun:
        pattern, scale = pattern_of(reads)
        values = self._values.setdefault(pattern, len(self._values))
        first = reads[0][0]
        return TapRun(first, len(reads), values, scale, (first,))


class EntryAxis(ScatterAxis):
    """An axis that is given by the positions and taps that each output reads.

    Parameters
    ----------
    inputs
        The number of positions.
    entries
        What each output reads.
    picked
        The positions on the source's axis that are read; None for all.
    inside, period
        Equal outputs, as in `Axis`; by default, all outputs may differ.
    """

    def __init__(
        self,
        inputs: int,
        entries: Sequence[Reads],
        picked: Picked | None = None,
        inside: Interval | None = None,
        period: int = 1,
    ) -> None:
        super().__init__(inputs, len(entries), 1, 0, Taps(1, 1, 0, ()), picked)
        self.inside = inside or (len(entries), 0)
        self.period = period
        self._entries = entries

    def reads(self, output: int) -> Reads:
        return self._entries[output]


def transposed_axis(
    inputs: int,
    outputs: int,
    taps: int,
    step: int,
    before: int,
    picked: Picked | None = None,
) -> EntryAxis:
    """Return the axis of a transposed convolution, as in `snnc.ir.lowered.Window`.

    Parameters
    ----------
    inputs, outputs
        The number of positions.
    taps, step, before
        The number of taps, the distance between inputs, and the positions before them.
    picked
        The positions on the source's axis that are read; None for all.
    """
    entries = []
    for output in range(outputs):
        first = max(0, -(-(output - before) // step))
        stop = min(inputs, (output - before + taps - 1) // step + 1)
        last = taps - 1 - before + output
        entries.append({i: ((last - i * step, 1),) for i in range(first, stop)})
    # The outputs whose taps are all between the first and the last input.
    inside = before, (inputs - 1) * step + before - taps + 2
    return EntryAxis(inputs, entries, picked, inside, step)
