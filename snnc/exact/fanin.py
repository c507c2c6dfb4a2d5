"""Sorts axons by the block that hears them, and blocks so that spikes go forward."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import numpy as np

from snnc.exact.refusals import NotFixedError
from snnc.exact.tables import Axons, Compartments, Fanin, Int64


def fanin(axons: Axons, blocks: Int64, compartments: Compartments) -> Fanin:
    """Return the axons by block; those of one place are neighbours in memory.

    Raises
    ------
    NotFixedError
        If a block hears itself, by way of others or not.
    """
    heard = np.searchsorted(blocks, axons.base, side="right") - 1
    order = np.lexsort((axons.row, axons.base, heard))
    count = len(blocks) - 1
    ends = np.cumsum(np.bincount(heard, minlength=count))
    return Fanin(
        order=_forward(axons.source, heard, blocks),
        start=blocks,
        segment=np.searchsorted(compartments.start, blocks).astype(np.int64),
        first=np.concatenate(([0], ends)).astype(np.int64),
        source=axons.source[order],
        row=axons.row[order],
        base=(axons.base - blocks[heard])[order],
    )


def _forward(source: Int64, heard: Int64, blocks: Int64) -> Int64:
    count = len(blocks) - 1
    graph: dict[int, set[int]] = {block: set() for block in range(count)}
    inside = source < blocks[-1]
    speaks = np.searchsorted(blocks, source[inside], side="right") - 1
    pairs = np.unique(np.stack([heard[inside], speaks]), axis=1)
    for hearer, speaker in pairs.T.tolist():
        graph[hearer].add(speaker)
    try:
        return np.array(list(TopologicalSorter(graph).static_order()), np.int64)
    except CycleError as error:
        loop = f"block {error.args[1][0]}"
        raise NotFixedError("a connection that leads back to it", loop) from error
