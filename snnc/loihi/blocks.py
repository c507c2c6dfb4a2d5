"""The exact counts of every block of a chosen mapping."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from snnc.dataclass import dataclass
from snnc.ir.mapped import Block
from snnc.loihi.site import Site, Wire, feeds_of, load_of
from snnc.loihi.tiling import Part, Tiling


@dataclass(frozen=True, slots=True)
class Reader:
    """One reading of a population on the chip: the wire, and the reader's tiling."""

    wire: Wire
    target: Tiling


def blocks_of(
    site: Site, tiling: Tiling, groups: Sequence[int], readers: Sequence[Reader]
) -> tuple[tuple[Block, ...], ...]:
    """The blocks of each ensemble, in nengo-loihi's order.

    Parameters
    ----------
    site, tiling
        The population and how it is cut.
    groups
        How each projection's source is cut.
    readers
        Who reads the population on the chip.
    """
    axons = [reader.wire.link.axons(tiling, reader.target) for reader in readers]
    return tuple(
        _part_blocks(site, tiling, groups, part, [each[i] for each in axons], readers)
        for i, part in enumerate(tiling.parts)
    )


def _part_blocks(
    site: Site,
    tiling: Tiling,
    groups: Sequence[int],
    part: Part,
    axons: Sequence[Sequence[int]],
    readers: Sequence[Reader],
) -> tuple[Block, ...]:
    links = site.chosen(tiling)
    rows = [[link.row_view(tile) for link in links] for tile in part.rows]
    columns = [[link.column_view(tile) for link in links] for tile in part.columns]
    feeds = [feeds_of(links, groups, part, strip) for strip in part.strips]
    found = []
    places = product(range(len(rows)), range(len(columns)), range(len(feeds)))
    for number, (i, j, k) in enumerate(places):
        strip = part.strips[k][1] - part.strips[k][0]
        load = load_of(links, feeds[k], (rows[i], columns[j]), strip, part.whole)
        height = part.rows[i][1] - part.rows[i][0]
        width = part.columns[j][1] - part.columns[j][0]
        spent = sum(
            reader.wire.slots * counts[number]
            for reader, counts in zip(readers, axons, strict=True)
        )
        found.append(Block(height * width * strip, load.in_axons, spent, load.bits))
    return tuple(found)
