"""The cores of two networks, and the layers that use different ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from snnc.ir.mapped import MappedNetwork, block_of
from snnc.loihi.activity import activity_of
from snnc.passes.route import route
from snnc.text.display import Json
from snnc.text.tables import counted, dims, human
from snnc.tools.chip_time import time_at_upper_rates
from snnc.tools.diff.properties import Changed, SubjectChange, Version, arrow
from snnc.tools.report.formats import round_number
from snnc.tools.report.summary import COUNTERS, use_of


@dataclass(frozen=True, slots=True)
class CoresTaken:
    """The cores of a network, and upper bounds for one example, as in `Report`."""

    fits: Literal[True] = field(default=True, init=False)
    cores: int
    chips: int
    spikes: float
    energy_joules: float
    example_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CoresRefused:
    """The first diagnostic that says why a network does not fit on the chip."""

    fits: Literal[False] = field(default=False, init=False)
    code: str
    message: str


MUCH = 10
"""The smallest reported change of the fullest core's use, in percentage points."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of both networks, and the layers whose use differs."""

    old: CoresTaken | CoresRefused
    new: CoresTaken | CoresRefused
    layers: tuple[SubjectChange, ...]

    def as_dict(self) -> Json:
        """Convert the cores to plain data."""
        layers = [change.data for change in self.layers]
        return {"old": asdict(self.old), "new": asdict(self.new), "layers": layers}

    def lines(self) -> list[str]:
        """Describe cores and changed costs; a line per network if one does not fit."""
        old, new = self.old, self.new
        told = [_core_line(old), _core_line(new)]
        if not (old.fits and new.fits):
            same = told[0] == told[1]
            return told[:1] if same else [f"old: {told[0]}", f"new: {told[1]}"]
        spikes = _change(old.spikes, new.spikes, "", " spikes")
        energy = _change(old.energy_joules, new.energy_joules, "J")
        times = ""
        if old.example_seconds and new.example_seconds:
            what = " estimated time"
            times = _change(old.example_seconds, new.example_seconds, "s", what)
        costs = ", ".join(filter(None, (spikes, energy, times)))
        return [arrow(*told), *([f"at most per example: {costs}"] if costs else [])]


def _core_line(taken: CoresTaken | CoresRefused) -> str:
    """Describe the cores of one network, or why it does not fit."""
    if not taken.fits:
        return f"does not fit ({taken.code}: {taken.message})"
    if not taken.cores:
        return "no cores"
    return f"{counted(taken.cores, 'core')} on {counted(taken.chips, 'chip')}"


def _change(old: float, new: float, unit: str, what: str = "") -> str:
    """Write a change and its percentage: ``10 k -> 12 k spikes (+20 %)``."""
    if old == new:
        return ""
    percent = 100 * (new / old - 1) if old else 0.0
    digits = 0 if abs(percent) >= 10 else 1
    share = f" ({percent:+.{digits}f} %)" if old else ""
    return f"{human(old, unit)} -> {human(new, unit)}{what}{share}"


def compare_cores(old: Version, new: Version, names: Mapping[str, str]) -> Cores:
    """Compare cores, blocks and the use of the fullest cores, layer by layer.

    ``names`` contains the new names of the old layers. If one network does not fit on
    the chip, no layers are compared.
    """
    changes: list[SubjectChange] = []
    if old.mapped is not None and new.mapped is not None:
        uses = {names.get(name, name): use for name, use in _uses(old.mapped)}
        now = dict(_uses(new.mapped))
        for name in dict.fromkeys((*now, *uses)):
            was, use = uses.get(name), now.get(name)
            rows = tuple(_use_rows(was or NO_CORES, use or NO_CORES))
            data = {"layer": name, "old": was, "new": use}
            if any(row.old != row.new for row in rows):
                changes.append(SubjectChange("changed", name, rows, data=data))
    return Cores(fit_of(old), fit_of(new), tuple(changes))


def _use_rows(old: Json, new: Json) -> Iterator[Changed]:
    """Yield the numbers of cores, the blocks, and the limits used differently."""
    yield Changed("cores", str(old["cores"]), str(new["cores"]))
    if old["block"] or new["block"]:
        yield Changed("block", old["block"] or "none", new["block"] or "none")
    for word, percent in new["percent"].items():
        before = old["percent"].get(word, percent)
        if abs(percent - before) >= MUCH:
            yield Changed(word, f"{before} %", f"{percent} %")


def fit_of(version: Version) -> CoresTaken | CoresRefused:
    """Return the network's use of the chip, or why it does not fit."""
    mapped = version.mapped
    if mapped is not None:
        routed = route(mapped)
        activity = activity_of(routed)
        time = time_at_upper_rates(routed)
        joules = activity.joules(version.network.device.energy)
        costs = round_number(activity.spikes), round_number(joules)
        seconds = None if time is None else round_number(time.example_seconds)
        return CoresTaken(mapped.cores, mapped.chips, *costs, seconds)
    assert version.refusal is not None, "some rule refused the network"
    return CoresRefused(version.refusal.code, version.refusal.message)


NO_CORES: Json = {"cores": 0, "block": "", "percent": {}}


def _uses(mapped: MappedNetwork) -> Iterator[tuple[str, Json]]:
    """Yield each layer's cores, block, and use of the limits on its fullest core."""
    core = mapped.lowered.network.device.core
    for name in dict.fromkeys(p.population.layer.name for p in mapped.populations):
        levels = mapped.of_layer(name)
        blocks = [b for level in levels for e in level.ensembles for b in e.blocks]
        if not blocks:
            yield name, NO_CORES
            continue
        shares = zip(COUNTERS, use_of(blocks, core), strict=True)
        percent = {counter: round(100 * share) for counter, share in shares}
        shapes = dict.fromkeys(dims(block_of(level) or ()) for level in levels)
        block = ", ".join(shapes)
        yield name, {"cores": len(blocks), "block": block, "percent": percent}
