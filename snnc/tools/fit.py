"""Find variants of a network that fit a number of cores: `snnc fit`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, replace
from functools import cached_property
from math import ceil, prod, sqrt
from typing import TYPE_CHECKING

from snnc.fitting.solve import smallest_stride, wider_strides, widest, width_key
from snnc.fitting.trials import (
    MAPPED,
    Change,
    Changes,
    OutOfWorkError,
    Trials,
    VariantCost,
    cost_of,
)
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi
from snnc.loihi.timing import ChipTime
from snnc.passes.route import route
from snnc.rules.loihi import TooManyCores
from snnc.rules.times import response_delay, time
from snnc.text.display import Json, Tabular
from snnc.text.tables import TextTable, counted, prose
from snnc.tools.chip_time import sentences, time_at_upper_rates
from snnc.tools.report.html import Part, tables_html

if TYPE_CHECKING:
    from snnc.interface.objects import Spec

GROWTH = 16
"""If the network fits, a layer may grow to at most this multiple of its filters."""
BRIEF_WORK = 8_000
"""The work after which no larger variant is tried, impatient; none on many cores."""
LARGEST = 3
"""The number of largest layers to name if nothing fits."""


@dataclass(frozen=True, slots=True)
class FitVariant:
    """A legal network that is similar to the spec.

    ``kept`` is the geometric mean of the kept fractions of neurons and weights, above 1
    for a larger network. Values above the one in ``open_end`` were not tried.
    """

    changes: Changes
    cost: VariantCost
    kept: float
    open_end: Change | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Tabular):
    """The variants that fit, sorted by the fraction of the network that they keep.

    Attributes
    ----------
    spec : Spec
        The original spec.
    cores : int
        The number of available cores.
    needed : int or None
        The number of cores of the unchanged network; None if it can't be computed.
    present : VariantCost or None
        The costs of the unchanged network; None if it does not fit.
    variants : tuple of FitVariant
        The changes, their ``cost`` (cores, neurons, weights), and the fraction
        ``kept``.
    layers, untried : int
        The number of layers that can change, and the number of layers that were not
        fully tried because the network is large.
    """

    spec: Spec
    cores: int
    needed: int | None
    present: VariantCost | None
    variants: tuple[FitVariant, ...]
    layers: int
    untried: int

    @property
    def fits(self) -> bool:
        """Whether the unchanged network fits."""
        return self.present is not None

    @property
    def delay(self) -> float:
        """The mean time until the unchanged network responds, in seconds."""
        lowered = self.spec.made.lowered
        assert lowered is not None, "a spec without errors has a network"
        return response_delay(lowered.network).seconds

    @cached_property
    def time(self) -> ChipTime | None:
        """The estimated time of the unchanged network on the chip, at upper rates.

        None if the network does not fit.
        """
        mapped = self.spec.made.mapped
        return None if mapped is None else time_at_upper_rates(route(mapped))

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The specs of the variants, in order."""
        specs = []
        for variant in self.variants:
            values: dict[str, Json] = {change.layer: {} for change in variant.changes}
            for change in variant.changes:
                values[change.layer][change.key] = change.value
            specs.append(self.spec.replace(**values))
        return tuple(specs)

    def text(self, shown: int | None = None) -> str:
        """Return one row per variant, at most ``shown`` rows."""
        table = self._table(shown)
        lines = [] if table is None else [*table.lines(), ""]
        return "\n".join([*lines, _sentence(self, shown)])

    def markdown(self, shown: int | None = None) -> str:
        """Return the rows as Markdown for a comment on a pull request."""
        table = self._table(shown)
        lines = [] if table is None else [table.markdown(), ""]
        sentence = prose(_sentence(self, shown).replace("\n", ". "))
        return "\n".join([*lines, sentence])

    def _table(self, shown: int | None = None) -> TextTable | None:
        found = [(changes_text(v), v.cost, v.kept) for v in self.variants[:shown]]
        if self.present is not None:
            found.insert(0, ("none: it fits", self.present, 1.0))
        rows = [
            (changes, *map(str, astuple(cost)), f"{100 * kept:.0f} %")
            for changes, cost, kept in found
        ]
        return TextTable.of(COLUMNS, rows, COLUMNS[:1]) if rows else None

    def _repr_html_(self) -> str:
        table = self._table()
        parts: list[Part] = [] if table is None else [table]
        parts += _sentence(self, None).split("\n")
        return tables_html(f"{self.spec.name} on {counted(self.cores, 'core')}", parts)

    def _records(self) -> list[Json]:
        return [
            {"change": changes_text(v), **asdict(v.cost), "kept": v.kept}
            for v in self.variants
        ]

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc fit --format json``."""
        return {
            "version": VERSION,
            "network": self.spec.name,
            "cores": self.cores,
            "needed": self.needed,
            "present": None if self.present is None else asdict(self.present),
            "variants": [
                {
                    "changes": list(map(asdict, v.changes)),
                    **asdict(v.cost),
                    "kept": round(v.kept, 4),
                }
                for v in self.variants
            ],
            "untried": self.untried,
            "delay": round(self.delay, 6),
            "time": self.time and asdict(self.time),
        }

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        count = counted(len(self.variants), "variant")
        cores = counted(self.cores, "core")
        return f"<snnc.Fit {self.spec.name}: {count} on {cores}>"


def find_variants(spec: Spec, cores: int | None, patient: bool = True) -> Fit:
    """Find variants of a spec that fit a number of cores, or the spec's target.

    A variant changes one layer: fewer filters (or more, if the network fits), a larger
    stride, or both. Layers with the most neurons are tried first, until the work is
    used up. Raise ValueError if the target has no cores.
    """
    made = spec.made
    assert made.spec is not None
    assert made.lowered is not None
    target = made.lowered.network.target
    if not isinstance(target, Loihi):
        raise ValueError("`target nengo` has no cores, so there is nothing to fit")
    if cores is not None:
        chips = ceil(cores / made.device.chip.cores)
        target = replace(target, cores=cores, chips=chips)
    trials = Trials(made.spec, target, made.device, patient=patient, mapped=made.mapped)
    present = trials.cost(())
    if present is not None and not patient:
        trials.most_work = BRIEF_WORK if present.cores <= MAPPED else 0
    search = _Search(trials)
    variants, tried = search.fitting(fits=present is not None)
    count = len(search.layers)
    needed = _cores_needed(spec, trials) if present is None else present.cores
    ordered = tuple(sorted(variants, key=lambda v: (-v.kept, v.cost.cores)))
    return Fit(spec, target.cores, needed, present, ordered, count, count - tried)


def _cores_needed(spec: Spec, trials: Trials) -> int | None:
    """Return the cores of the unchanged spec, as `snnc check` and `report` do."""
    for refused in spec.diagnostics:
        if isinstance(refused, TooManyCores) and not refused.bound:
            return refused.cores
    mapped = spec.made.mapped or trials.without_limit
    return None if mapped is None else mapped.cores


class _Search:
    """Searches for variants that fit; ``layers`` are those with filters or units."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        on_chip = (layer for layer in trials.as_is.network.layers if layer.on_chip)
        self.layers = [layer for layer in on_chip if width_key(layer) is not None]
        self._present = cost_of(trials.as_is, 0)

    def fitting(self, fits: bool) -> tuple[list[FitVariant], int]:
        """Return variants and the number of tried layers, knowing if the spec fits."""
        found: list[FitVariant] = []
        tried = 0
        largest = sorted(self.layers, key=lambda layer: -prod(layer.shape))
        try:
            for layer in largest:
                for changes in self._grown(layer) if fits else self._narrower(layer):
                    found.append(self._variant(changes))
                tried += 1
        except OutOfWorkError:
            pass  # the result contains the number of untried layers
        return found, tried

    def _variant(self, changes: Changes) -> FitVariant:
        cost, present = self._trials.cost(changes), self._present
        assert cost is not None, "only variants that fit are offered"
        share = cost.neurons / present.neurons * cost.weights / present.weights
        now = self._trials.as_is.network.by_name
        ends = (c for c in changes if c.value == GROWTH * now[c.layer].shape[-1])
        return FitVariant(changes, cost, sqrt(share), next(ends, None))

    def _widest(
        self, layer: LogicalLayer, most: int, also: Changes = ()
    ) -> Change | None:
        return widest(layer, self._trials.fits_target, most, also)

    def _grown(self, layer: LogicalLayer) -> Iterator[Changes]:
        """Yield the variant with the most filters in a layer that fit."""
        now = layer.shape[-1]
        more = self._widest(layer, GROWTH * now)
        if more and isinstance(more.value, int) and more.value > now:
            yield (more,)

    def _narrower(self, layer: LogicalLayer) -> Iterator[Changes]:
        """Yield variants with fewer filters in a layer, a larger stride, or both."""
        most = layer.shape[-1] - 1
        if (fewer := self._widest(layer, most)) is not None:
            yield (fewer,)
        stride = smallest_stride(layer, self._trials.fits_target)
        if stride is not None:
            yield (stride,)
        for wider in wider_strides(layer):
            if wider == stride:
                break
            if (both := self._widest(layer, most, (wider,))) is not None:
                yield (wider, both)


COLUMNS = ("change", "cores", "neurons", "weights", "keeps")
SHOWN = 10
KEEPS = "keeps: neurons and weights as a fraction of the spec's (geometric mean)"
TRIED = """
tried: fewer filters or a larger stride in one layer
other options: a smaller input, more chips, or both changes in several layers
most neurons: """
SHORTER = "a shorter `synapse`, a higher `rate` or fewer layers shorten this delay"


def changes_text(variant: FitVariant) -> str:
    """Write the changes of a variant as in a spec."""
    by_layer: dict[str, list[str]] = {}
    for change in variant.changes:
        more = " or more" if change == variant.open_end else ""
        by_layer.setdefault(change.layer, []).append(f"{change.text}{more}")
    return "; ".join(f"{name}: {', '.join(texts)}" for name, texts in by_layer.items())


def _delay_text(network: LogicalNetwork) -> str:
    """Describe the delay of the unchanged network, and what shortens it."""
    delay = response_delay(network)
    seconds = time(round(delay.seconds, 4))
    return f"\nthe network responds after {seconds}: {delay.causes}\n{SHORTER}"


def _sentence(found: Fit, shown: int | None) -> str:
    lowered = found.spec.made.lowered
    assert lowered is not None
    network = lowered.network
    count, cores = len(found.variants), counted(found.cores, "core")
    needs = "" if found.needed is None else f"; unchanged, it takes {found.needed}"
    untried = ""
    if found.untried:
        few = "" if found.untried == found.layers else ", those with the fewest neurons"
        layers = f"{found.untried} of {found.layers} layers{few}"
        untried = f"\nnot tried, to save time: {layers}"
    if not count and found.present is None:
        no = "no change that was tried" if found.untried else "no change"
        refused = f"{no} of filters or stride fits on {cores}"
        chip = (layer for layer in network.layers if layer.on_chip)
        ordered = sorted(chip, key=lambda layer: -prod(layer.shape))
        largest = ", ".join(layer.name for layer in ordered[:LARGEST])
        tried = f"{untried}{TRIED}{largest}"
        return f"{found.spec.name}: {refused}{needs}{tried}{_delay_text(network)}"
    left = 0 if shown is None else count - shown
    more = f" ({left} more with --all)" if left > 0 else ""
    offered = f"{counted(count, 'variant')} on at most {cores}"
    own = network.target
    if count and isinstance(own, Loihi) and found.cores != own.cores:
        chips = ceil(found.cores / found.spec.made.device.chip.cores)
        target = f"`chips {chips}, cores {found.cores}` in `target loihi`"
        untried += f"\nthe numbers hold with {target}"
    kept = f"\n{KEEPS}" if count else ""
    times = "".join(f"\n{each}" for each in sentences(found.time))
    more_lines = f"{untried}{kept}{_delay_text(network)}{times}"
    return f"{found.spec.name}: {offered}{more}{needs}{more_lines}"


VERSION = 1
