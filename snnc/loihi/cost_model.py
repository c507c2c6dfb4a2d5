"""Compute the costs of one population's tilings on the chip, given its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import product
from operator import mul
from typing import Literal

from snnc.ir.device import Profile
from snnc.ir.lowered import Volume
from snnc.ir.mapped import PopType
from snnc.loihi.axis import Axis, EquivalentItems, Tiles, View, cut
from snnc.loihi.bands import unlike_strips
from snnc.loihi.build_links import ProjectionGeometry, build_links
from snnc.loihi.link import (
    BlockFit,
    ConnectionChoice,
    Feeds,
    LimitViolation,
    Link,
    Load,
    feeds_of,
    load_of,
)
from snnc.loihi.tiling import Forms, Tiling

Views = tuple[View, ...]
"""A tile's view along one axis, for each projection."""
MANY = 1024
"""With more tiles on an axis, only its ends and middle are tested at first."""
FEEDS_OF_LOOK = 8
LINKS_OF_LOOK = 2
LOOKS_OF_LOAD = 10
"""The work to compute the load of one block, in work units of the search."""


class CostModel:
    """The costs of a population's tilings on the chip, by volume and inputs.

    Populations with equal volumes and inputs share a cost model.

    Parameters
    ----------
    volume
        The population's volume.
    geometries
        The population's inputs, one per projection.
    pop
        The axon format that the target requests.
    profile
        The device.

    Attributes
    ----------
    work
        The work so far, in work units of the search.
    """

    def __init__(
        self,
        volume: Volume,
        geometries: Sequence[ProjectionGeometry],
        pop: Literal["auto", 16, 32],
        profile: Profile,
    ) -> None:
        self.volume = volume
        self.geometries = tuple(geometries)
        self.pop = pop
        self.profile = profile
        self.work = 0
        self.links = tuple(build_links(i, volume, profile) for i in self.geometries)
        self._fits: dict[Hashable, BlockFit | LimitViolation] = {}
        self._most: dict[tuple[int, int, Forms], tuple[int, ...]] = {}
        self._views: dict[tuple[int, int, Forms], list[Views]] = {}
        self._feeds: dict[Hashable, tuple[tuple[int, bool, Feeds], ...]] = {}

    @property
    def forms(self) -> tuple[Forms, ...]:
        """The possible forms of the projections, in order of preference.

        Each projection with two forms doubles the combinations. If more than three
        projections have several forms, all use their first form or all use their last
        form.
        """
        free = [tuple(links) for links in self.links]
        if sum(len(forms) > 1 for forms in free) > 3:
            return tuple(tuple(forms[i] for forms in free) for i in (0, -1))
        return tuple(product(*free))

    def links_of(self, tiling: Tiling) -> tuple[Link, ...]:
        """Return the links of a tiling, one per projection."""
        return self._in_form(tiling.forms)

    def _in_form(self, forms: Forms) -> tuple[Link, ...]:
        return tuple(links[form] for links, form in zip(self.links, forms, strict=True))

    def fit(self, tiling: Tiling, groups: tuple[int, ...]) -> BlockFit | LimitViolation:
        """Return whether a tiling fits on cores if the sources have the given groups.

        Parameters
        ----------
        tiling
            A tiling of the population.
        groups
            The number of depth slices per ensemble, for each projection's source.
        """
        key = (tiling.group, tiling.tile, tiling.forms, groups)
        if key not in self._fits:
            self._fits[key] = self._fit(tiling, groups)
        return self._fits[key]

    def _fit(
        self, tiling: Tiling, groups: tuple[int, ...]
    ) -> BlockFit | LimitViolation:
        core = self.profile.core
        if tiling.compartments > core.compartments:
            return LimitViolation(
                "compartments", tiling.compartments, core.compartments
            )
        axons, aligned = 0, [True] * len(self.links)
        most = self._max_in_axons(tiling, groups)
        if most > core.in_axons:
            return LimitViolation("in-axons", most, core.in_axons)
        for load in self._loads(tiling, groups):
            self.work += LOOKS_OF_LOAD + len(self.links) // LINKS_OF_LOOK
            if load.in_axons > core.in_axons:
                return LimitViolation("in-axons", load.in_axons, core.in_axons)
            if load.bits > core.synapse_bits:
                return LimitViolation("synapse bits", load.bits, core.synapse_bits)
            axons = max(axons, load.in_axons)
            aligned = [a and b for a, b in zip(aligned, load.suits_pop16, strict=True)]
        return self._formats(tiling, groups, axons, aligned)

    def _max_in_axons(self, tiling: Tiling, groups: tuple[int, ...]) -> int:
        """Return the maximum in-axons of a block in the first ensemble.

        Counting these is fast, and most tilings that don't fit exceed this limit.
        """
        height, width, _ = tiling.tile
        part, links = tiling.part(0), self.links_of(tiling)
        rows = self._most_seen((0, height, tiling.forms), part.rows)
        columns = self._most_seen((1, width, tiling.forms), part.columns)
        alike = Counter(zip(links, groups, rows, columns, strict=True))
        return sum(
            times * link.in_axons(group, part, *seen)
            for (link, group, *seen), times in alike.items()
        )

    def _most_seen(self, key: tuple[int, int, Forms], tiles: Tiles) -> tuple[int, ...]:
        """Return the maximum inputs of a view along an axis, for each projection."""
        if key not in self._most:
            links = Counter(self._in_form(key[2]))
            look = [_axis_of(link, key[0]).count_inputs for link in links]
            step = 1 if len(tiles) <= MANY else len(tiles) // 2
            some = (tiles[i] for i in range(0, len(tiles), step))
            seen = (tuple(see(tile) for see in look) for tile in some)
            most = max(seen, key=lambda seen: sum(map(mul, seen, links.values())))
            by_link = dict(zip(links, most, strict=True))
            self._most[key] = tuple(by_link[x] for x in self._in_form(key[2]))
        return self._most[key]

    def _loads(self, tiling: Tiling, groups: tuple[int, ...]) -> Iterator[Load]:
        """Yield the loads of all different blocks, largest views first."""
        links = self.links_of(tiling)
        for strip, whole, feeds in self._strips(tiling, groups):
            for views in product(*self._views_of(tiling)):
                yield load_of(links, feeds, views, strip, whole)

    def _views_of(self, tiling: Tiling) -> tuple[list[Views], list[Views]]:
        """Return the tiles' views of the sources' rows and columns."""
        part = tiling.part(0)
        return self._along(0, tiling, part.rows), self._along(1, tiling, part.columns)

    def _along(self, axis: int, tiling: Tiling, tiles: Tiles) -> list[Views]:
        """Return the different views of tiles for all projections, largest first."""
        key = (axis, tiling.tile[axis], tiling.forms)
        if key not in self._views:
            links = self.links_of(tiling)
            axes = {link: _axis_of(link, axis) for link in links}
            alike = [each.equivalent_tiles(tiles) for each in axes.values()]
            second = 1 + max((some.start for some in alike), default=0)
            stop = min((some.stop for some in alike), default=len(tiles))
            few = [
                *range(min(second, len(tiles))),
                *range(max(second, stop), len(tiles)),
            ]
            seen = dict.fromkeys(
                tuple(each.view(tiles[i]) for each in axes.values()) for i in few
            )
            by_link = [dict(zip(axes, views, strict=True)) for views in seen]
            every = [tuple(views[link] for link in links) for views in by_link]
            self._views[key] = sorted(
                every, key=lambda views: -sum(view.inputs for view in views)
            )
        return self._views[key]

    def _strips(
        self, tiling: Tiling, groups: tuple[int, ...]
    ) -> Iterator[tuple[int, bool, Feeds]]:
        """Yield the widths and feeds of all different strips.

        They do not depend on the height and width of the tiles. If the first strip does
        not fit, no other strip is computed.
        """
        first, links = tiling.part(0), self.links_of(tiling)
        one_tile = len(first.rows) * len(first.columns) == 1
        key = (tiling.group, tiling.tile[2], one_tile, tiling.forms, groups)
        if key in self._feeds:
            yield from self._feeds[key]
            return
        strips_of: dict[Hashable, tuple[int, bool, Feeds]] = {}
        edges = frozenset(link.edges for link in links)
        alike = EquivalentItems(range(tiling.ensembles))
        outputs = cut(self.volume[0], tiling.group)
        for link, group in set(zip(links, groups, strict=True)):
            alike = alike.both(link.depth.equivalent_readers(group, outputs))
        for part in map(tiling.part, alike.some(tiling.ensembles)):
            self.work += 1
            strips = part.strips
            for a, b in unlike_strips(strips.extent, part.channels, strips.size, edges):
                feeds = feeds_of(links, groups, part, (a, b))
                self.work += sum(map(len, feeds)) // FEEDS_OF_LOOK
                # Links return the same object for equal feeds.
                same = (b - a, part.whole, *map(id, feeds))
                if same not in strips_of:
                    strips_of[same] = b - a, part.whole, feeds
                    yield strips_of[same]
        self._feeds[key] = tuple(strips_of.values())

    def _formats(
        self,
        tiling: Tiling,
        groups: tuple[int, ...],
        in_axons: int,
        aligned: Sequence[bool],
    ) -> BlockFit | LimitViolation:
        read = list(
            zip(self.links_of(tiling), tiling.forms, groups, aligned, strict=True)
        )
        counts = (geometry.source[3] for geometry in self.geometries)
        channels = dict(zip(read, counts, strict=True))
        # Handle equal projections once: there may be hundreds.
        connections: dict[Hashable, ConnectionChoice] = {}
        for alike, each in channels.items():
            link, form, group, suits = alike
            violation = self._pop16_violation(group * each, in_axons, suits)
            image = form == "convolution"
            if image and self.pop == 16 and violation is not None:
                return violation
            short: PopType = 16 if self.pop != 32 and violation is None else 32
            pop = short if image else None
            connections[alike] = ConnectionChoice(
                form, link, pop, self.profile.axon.slots(pop)
            )
        return BlockFit(tuple(connections[alike] for alike in read))

    def _pop16_violation(
        self, channels: int, in_axons: int, aligned: bool
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


def _axis_of(link: Link, axis: int) -> Axis:
    return link.columns if axis else link.rows
