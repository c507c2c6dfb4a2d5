"""Compare how two networks use the chips: blocks, cores and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from snnc.ir.device import Core
from snnc.ir.logical import Shape
from snnc.ir.mapped import Block, MappedPopulation
from snnc.loihi.activity import activity_of
from snnc.passes.route import route
from snnc.text.tables import dims
from snnc.tools.diff.changes import Changed
from snnc.tools.diff.version import Version
from snnc.tools.report.json import round_number


@dataclass(frozen=True, slots=True)
class CoresTaken:
    """The cores of a network, and upper bounds for one example.

    ``spikes`` is the number of spikes if all neurons fire at the upper rates of their
    budgets, and ``energy_joules`` is the energy on the chip.
    """

    cores: int
    chips: int
    spikes: float
    energy_joules: float


@dataclass(frozen=True, slots=True)
class CoresRefused:
    """The first diagnostic that says why a network does not fit on the chip."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CoreUse:
    """The cores of one layer.

    Attributes
    ----------
    block
        The block on one core, as in `snnc report`; empty on the host.
    use
        The use of each limit on the layer's fullest core, in percent.
    """

    cores: int
    block: str = ""
    use: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class UseChanged:
    """A layer whose use of cores changed; None where the layer does not exist."""

    layer: str
    old: CoreUse | None
    new: CoreUse | None
    fuller: tuple[Changed, ...]

    @property
    def cores(self) -> tuple[int, int]:
        """The cores before and after; 0 without the layer."""
        old, new = (use.cores if use else 0 for use in (self.old, self.new))
        return old, new

    @property
    def blocks(self) -> tuple[str, str]:
        """The blocks before and after; empty off the chip."""
        old, new = (use.block if use else "" for use in (self.old, self.new))
        return old, new


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of both networks, and the layers whose use differs."""

    old: CoresTaken | CoresRefused
    new: CoresTaken | CoresRefused
    layers: tuple[UseChanged, ...]


MUCH = 10
"""The smallest reported change of the fullest core's use, in percentage points."""


def compare_cores(old: Version, new: Version, names: Mapping[str, str]) -> Cores:
    """Compare cores, blocks and the use of the fullest cores, layer by layer.

    Parameters
    ----------
    old, new
        The networks. If one network does not fit on the chip, no layers are compared.
    names
        The new names of the old layers.
    """
    layers: tuple[UseChanged, ...] = ()
    if old.mapped is not None and new.mapped is not None:
        was = {names.get(p, p): use for p, use in _uses(old).items()}
        layers = tuple(_changes(was, _uses(new)))
    return Cores(fit_of(old), fit_of(new), layers)


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


def _uses(version: Version) -> dict[str, CoreUse]:
    core = version.network.device.core
    mapped = version.mapped
    if mapped is None:
        return {}
    layers = dict.fromkeys(p.population.layer.name for p in mapped.populations)
    return {name: _use_of(mapped.of_layer(name), core) for name in layers}


def _use_of(levels: Sequence[MappedPopulation], core: Core) -> CoreUse:
    blocks = [b for level in levels for e in level.ensembles for b in e.blocks]
    if not blocks:
        return CoreUse(0)
    cut = dict.fromkeys(map(_block, levels))
    cores = sum(level.cores for level in levels)
    return CoreUse(cores, ", ".join(map(dims, cut)), tuple(_use(blocks, core)))


def _block(mapped: MappedPopulation) -> Shape:
    shape = mapped.ensembles[0].block_shape or ()
    return (mapped.group, *shape) if len(mapped.population.layer.shape) == 4 else shape


def _use(blocks: list[Block], core: Core) -> Iterator[tuple[str, int]]:
    for word, key in (
        ("compartments", "compartments"),
        ("in-axons", "in_axons"),
        ("out-axons", "out_axons"),
        ("synapses", "synapse_bits"),
    ):
        fullest = max(getattr(block, key) for block in blocks)
        yield word, round(100 * fullest / getattr(core, key))


def _changes(
    old: Mapping[str, CoreUse], new: Mapping[str, CoreUse]
) -> Iterator[UseChanged]:
    for name in (*new, *(name for name in old if name not in new)):
        was, now = old.get(name), new.get(name)
        fuller = tuple(_fuller(was, now)) if was and now else ()
        change = UseChanged(name, was, now, fuller)
        if fuller or len({*change.cores}) > 1 or len({*change.blocks}) > 1:
            yield change


def _fuller(old: CoreUse, new: CoreUse) -> Iterator[Changed]:
    was = dict(old.use)
    for word, percent in new.use:
        if word in was and abs(percent - was[word]) >= MUCH:
            yield Changed(word, f"{was[word]} %", f"{percent} %")
