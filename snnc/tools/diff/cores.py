"""Compare how two networks use the chips: blocks, cores and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from snnc.ir.mapped import MappedNetwork, block_of
from snnc.loihi.activity import activity_of
from snnc.passes.route import route
from snnc.text.tables import dims
from snnc.tools.diff.changes import Changed
from snnc.tools.diff.properties import Version
from snnc.tools.report.json import round_number
from snnc.tools.report.summary import COUNTERS, use_of


@dataclass(frozen=True, slots=True)
class CoresTaken:
    """The cores of a network, and upper bounds for one example.

    ``spikes`` is the number of spikes if all neurons fire at the upper rates of their
    budgets, and ``energy_joules`` is the energy on the chip.
    """

    fits: Literal[True] = field(default=True, init=False)
    cores: int
    chips: int
    spikes: float
    energy_joules: float


@dataclass(frozen=True, slots=True)
class CoresRefused:
    """The first diagnostic that says why a network does not fit on the chip."""

    fits: Literal[False] = field(default=False, init=False)
    code: str
    message: str


MUCH = 10
"""The smallest reported change of the fullest core's use, in percentage points."""


@dataclass(frozen=True, slots=True)
class CoreUse:
    """The cores of one layer.

    Attributes
    ----------
    block
        The block on one core, as in `snnc report`; empty on the host.
    percent
        The use of each limit on the layer's fullest core.
    """

    cores: int = 0
    block: str = ""
    percent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UseChanged:
    """A layer whose use of cores changed; None where the layer does not exist."""

    layer: str
    old: CoreUse | None
    new: CoreUse | None

    def rows(self) -> Iterator[Changed]:
        """Yield the numbers of cores, the blocks, and the limits used differently."""
        old, new = self.old or CoreUse(), self.new or CoreUse()
        yield Changed("cores", str(old.cores), str(new.cores))
        if old.block or new.block:
            yield Changed("block", old.block or "none", new.block or "none")
        for word, percent in new.percent.items():
            before = old.percent.get(word, percent)
            if abs(percent - before) >= MUCH:
                yield Changed(word, f"{before} %", f"{percent} %")


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of both networks, and the layers whose use differs."""

    old: CoresTaken | CoresRefused
    new: CoresTaken | CoresRefused
    layers: tuple[UseChanged, ...]


def compare_cores(old: Version, new: Version, names: Mapping[str, str]) -> Cores:
    """Compare cores, blocks and the use of the fullest cores, layer by layer.

    Parameters
    ----------
    old, new
        The networks. If one network does not fit on the chip, no layers are compared.
    names
        The new names of the old layers.
    """
    changes: list[UseChanged] = []
    if old.mapped is not None and new.mapped is not None:
        was = {names.get(name, name): use for name, use in _uses(old.mapped)}
        now = dict(_uses(new.mapped))
        names_of_both = dict.fromkeys((*now, *was))
        changes = [UseChanged(n, was.get(n), now.get(n)) for n in names_of_both]
    differ = (c for c in changes if any(row.old != row.new for row in c.rows()))
    return Cores(fit_of(old), fit_of(new), tuple(differ))


def fit_of(version: Version) -> CoresTaken | CoresRefused:
    """Return the network's use of the chip, or why it does not fit."""
    mapped = version.mapped
    if mapped is not None:
        activity = activity_of(route(mapped))
        joules = activity.joules(version.network.device.energy) if mapped.cores else 0.0
        costs = round_number(activity.spikes), round_number(joules)
        return CoresTaken(mapped.cores, mapped.chips, *costs)
    refusal = version.refusal
    if refusal is None:
        raise ValueError("a network that is not mapped was refused by some rule")
    return CoresRefused(refusal.code, refusal.render_message())


def _uses(mapped: MappedNetwork) -> Iterator[tuple[str, CoreUse]]:
    core = mapped.lowered.network.device.core
    for name in dict.fromkeys(p.population.layer.name for p in mapped.populations):
        levels = mapped.of_layer(name)
        blocks = [b for level in levels for e in level.ensembles for b in e.blocks]
        if not blocks:
            yield name, CoreUse()
            continue
        shares = zip(COUNTERS, use_of(blocks, core), strict=True)
        percent = {counter: round(100 * share) for counter, share in shares}
        shapes = dict.fromkeys(dims(block_of(level) or ()) for level in levels)
        cores = sum(level.cores for level in levels)
        yield name, CoreUse(cores, ", ".join(shapes), percent)
