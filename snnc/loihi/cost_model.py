"""Compute the costs of one population's tilings on the chip, given its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import product
from operator import mul
from typing import Literal

from snnc.ir.device import Profile
from snnc.ir.mapped import PopType
from snnc.ir.shapes import Volume
from snnc.loihi.axis import Interval, Tiles, unlike_items
from snnc.loihi.build_links import Links
from snnc.loihi.link import (
    BlockFit,
    ConnectionChoice,
    Feeds,
    Inputs,
    LimitViolation,
    Link,
    Load,
    Views,
)
from snnc.loihi.tiling import (
    EnsembleTiling,
    Forms,
    Groups,
    HashedOnce,
    Tiling,
    unlike_strips,
)

MANY = 1024
"""With more tiles on an axis, only its ends and middle are tested at first."""
FEEDS_OF_LOOK = 8
LINKS_OF_LOOK = 2
LOOKS_OF_LOAD = 10
"""The work to compute the load of one block, in work units of the search."""


def slots_of(profile: Profile, pop: PopType | None) -> int:
    """Return the out-axon slots of one axon; ``pop`` is None for a dense axon."""
    axon = profile.axon
    return {None: axon.discrete_slots, 16: axon.pop16_slots}.get(pop, axon.pop32_slots)


@dataclass(eq=False)
class CostModel:
    """The costs of a population's tilings on the chip, by volume and inputs.

    Populations with equal volumes and inputs share a cost model. ``links`` are the
    possible forms of each projection, and ``pop`` is the axon format that the target
    requests. ``work`` is the work so far, in work units of the search. For some forms,
    ``links_of`` returns the link of each projection, and ``count_links`` the number of
    projections with each link. ``inputs`` returns the number of equal projections, for
    forms and the groups of the sources.
    """

    volume: Volume
    links: Sequence[Links]
    pop: Literal["auto", 16, 32]
    profile: Profile

    def __post_init__(self) -> None:
        self.work = 0
        # Count once for all tiles: there may be hundreds of projections.
        self.links_of = cache(self._find_links)
        self.count_links = cache(lambda forms: Counter(self.links_of(forms)))
        self.inputs = cache(self._count_inputs)
        self._fits: dict[Hashable, BlockFit | LimitViolation] = {}
        self._views: dict[tuple[int, int, Forms], list[Views]] = {}
        self._feeds: dict[Hashable, tuple[tuple[int, bool, Feeds], ...]] = {}

    @cached_property
    def forms(self) -> tuple[Forms, ...]:
        """The possible forms of the projections, in order of preference.

        Each projection with two forms doubles the combinations. If more than three
        projections have several forms, all use their first form or all use their last
        form.
        """
        free = [tuple(links) for links in self.links]
        if sum(len(forms) > 1 for forms in free) > 3:
            ends = (tuple(forms[i] for forms in free) for i in (0, -1))
            return tuple(map(HashedOnce, ends))
        return tuple(map(HashedOnce, product(*free)))

    def _find_links(self, forms: Forms) -> tuple[Link, ...]:
        pairs = zip(self.links, forms, strict=True)
        return tuple(links[form] for links, form in pairs)

    def _count_inputs(self, forms: Forms, groups: Groups) -> Counter[Inputs]:
        return Counter(map(Inputs, forms, self.links_of(forms), groups))

    def fit(self, tiling: Tiling, groups: Groups) -> BlockFit | LimitViolation:
        """Return whether a tiling fits on cores, given the groups of the sources."""
        # Tilings have no equality; these values determine the costs.
        key = (tiling.group, tiling.tile, tiling.forms, groups)
        if key not in self._fits:
            self._fits[key] = self._fit(tiling, groups)
        return self._fits[key]

    def _fit(self, tiling: Tiling, groups: Groups) -> BlockFit | LimitViolation:
        core = self.profile.core
        if tiling.compartments > core.compartments:
            return LimitViolation(
                "compartments", tiling.compartments, core.compartments
            )
        inputs = self.inputs(tiling.forms, groups)
        axons = 0
        aligned = [True] * len(inputs)
        # Most tilings that don't fit need too many in-axons, and these are fast to
        # count for the block that reads most.
        part = tiling.part(0)
        rows = self._widest_views(0, tiling, part.rows)
        columns = self._widest_views(1, tiling, part.columns)
        feeds = feeds_of(inputs, part, part.strips[0])
        most = Load(
            inputs=inputs,
            feeds=feeds,
            rows=rows,
            columns=columns,
            channels=part.strips.size,
            whole=part.whole,
        )
        if most.in_axons > core.in_axons:
            return LimitViolation("in-axons", most.in_axons, core.in_axons)
        for load in self._loads(tiling, inputs):
            self.work += LOOKS_OF_LOAD + len(self.links) // LINKS_OF_LOOK
            if load.in_axons > core.in_axons:
                return LimitViolation("in-axons", load.in_axons, core.in_axons)
            if load.bits > core.synapse_bits:
                return LimitViolation("synapse bits", load.bits, core.synapse_bits)
            axons = max(axons, load.in_axons)
            aligned = [a and b for a, b in zip(aligned, load.suits_pop16, strict=True)]
        return self._formats(inputs, axons, aligned, tiling, groups)

    def _widest_views(self, axis: int, tiling: Tiling, tiles: Tiles) -> Views:
        """Return the views of the tile with the most inputs along an axis."""
        if len(tiles) <= MANY:
            return self._along(axis, tiling, tiles)[0]
        links = self.count_links(tiling.forms)
        # `_fit` tests all tiles afterwards, so missing the widest only takes time.
        some = range(0, len(tiles), len(tiles) // 2)
        every = (views_of(links, axis, tiles[i]) for i in some)
        return max(every, key=partial(inputs_seen, links))

    def _loads(self, tiling: Tiling, inputs: Counter[Inputs]) -> Iterator[Load]:
        """Yield the loads of all different blocks, largest views first."""
        part = tiling.part(0)
        for strip, whole, feeds in self._strips(tiling, inputs):
            for rows, columns in product(
                self._along(0, tiling, part.rows), self._along(1, tiling, part.columns)
            ):
                yield Load(
                    inputs=inputs,
                    feeds=feeds,
                    rows=rows,
                    columns=columns,
                    channels=strip,
                    whole=whole,
                )

    def _along(self, axis: int, tiling: Tiling, tiles: Tiles) -> list[Views]:
        """Return the different views of tiles for all links, largest first."""
        key = (axis, tiling.tile[axis], tiling.forms)
        if key not in self._views:
            links = self.count_links(tiling.forms)
            alike = (link.plane[axis].equivalent_tiles(tiles) for link in links)
            few = unlike_items(len(tiles), alike)
            every = (views_of(links, axis, tiles[i]) for i in few)
            unlike = {tuple(views.values()): views for views in every}
            self._views[key] = sorted(
                unlike.values(), key=partial(inputs_seen, links), reverse=True
            )
        return self._views[key]

    def _strips(
        self, tiling: Tiling, inputs: Counter[Inputs]
    ) -> Iterator[tuple[int, bool, Feeds]]:
        """Yield the widths and feeds of all different strips.

        They do not depend on the height and width of the tiles. If the first strip does
        not fit, no other strip is computed.
        """
        # Whether a block is a whole ensemble depends on the tiles only in this way.
        first = tiling.part(0)
        one_tile = len(first.rows) * len(first.columns) == 1
        key = (tiling.group, tiling.tile[2], one_tile, tuple(inputs.items()))
        if key in self._feeds:
            yield from self._feeds[key]
            return
        strips_of: dict[Hashable, tuple[int, bool, Feeds]] = {}
        edges = frozenset(link.edges for _, link, _ in inputs)
        outputs = Tiles(self.volume[0], tiling.group)
        alike = (link.depth.equivalent_readers(n, outputs) for _, link, n in inputs)
        for part in map(tiling.part, unlike_items(tiling.ensembles, alike)):
            self.work += 1
            strips = part.strips
            for a, b in unlike_strips(strips.extent, part.channels, strips.size, edges):
                feeds = feeds_of(inputs, part, (a, b))
                number = sum(map(mul, inputs.values(), map(len, feeds)))
                self.work += number // FEEDS_OF_LOOK
                # Links return the same object for equal feeds.
                same = (b - a, part.whole, *map(id, feeds))
                if same not in strips_of:
                    strips_of[same] = b - a, part.whole, feeds
                    yield strips_of[same]
        self._feeds[key] = tuple(strips_of.values())

    def _formats(
        self,
        inputs: Counter[Inputs],
        in_axons: int,
        aligned: Sequence[bool],
        tiling: Tiling,
        groups: Sequence[int],
    ) -> BlockFit | LimitViolation:
        """Return the connections of a tiling, with the shortest possible axons."""
        connections: dict[Inputs, ConnectionChoice] = {}
        for each, suits in zip(inputs, aligned, strict=True):
            channels = each.group * each.link.bands.channels
            violation = self._pop16_violation(channels, in_axons, aligned=suits)
            # nengo-loihi has population axons only for convolutions.
            image = each.form == "convolution"
            if image and self.pop == 16 and violation is not None:
                return violation
            short: PopType = 16 if self.pop != 32 and violation is None else 32
            pop = short if image else None
            slots = slots_of(self.profile, pop)
            connections[each] = ConnectionChoice(each.form, each.link, pop, slots)
        every = map(Inputs, tiling.forms, self.links_of(tiling.forms), groups)
        return BlockFit(tuple(map(connections.__getitem__, every)))

    def _pop16_violation(
        self, channels: int, in_axons: int, *, aligned: bool
    ) -> LimitViolation | None:
        """Return why a projection can't use pop16 axons, or None."""
        axon = self.profile.axon
        if channels > axon.pop16_atoms:
            return LimitViolation("pop16 channels", channels, axon.pop16_atoms)
        if in_axons > axon.pop16_in_axons:
            return LimitViolation("pop16 in-axons", in_axons, axon.pop16_in_axons)
        if not aligned:
            return LimitViolation("pop16 bases", 1, axon.pop16_base)
        return None


def views_of(links: Iterable[Link], axis: int, tile: Interval) -> Views:
    """Return a tile's view of each link's rows (0) or columns (1)."""
    return {link: link.plane[axis].view(tile) for link in links}


def inputs_seen(links: Counter[Link], views: Views) -> int:
    """Return the positions that a tile reads along an axis, for all projections."""
    return sum(links[link] * view.inputs for link, view in views.items())


def feeds_of(inputs: Iterable[Inputs], part: EnsembleTiling, strip: Interval) -> Feeds:
    """Return the inputs of an ensemble's strip for each kind of projection."""
    return tuple(link.feeds(group, part, strip) for _, link, group in inputs)
