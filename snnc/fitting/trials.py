"""Compile variants of a spec, and cache the results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, prod
from typing import Any, cast

from snnc.diagnostics import Diagnostics
from snnc.ir.device import Profile
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalNetwork, Loihi
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.ir.shapes import Shape
from snnc.language.model import ValidatedSpec
from snnc.language.written import extents
from snnc.loihi.plan import PlanCache, block_is_sound, standalone
from snnc.passes.lower import lower
from snnc.passes.place import Attempt, attempt, find_unsound, least_cores
from snnc.passes.resolve import resolve
from snnc.passes.resolve.drafts import layer_names
from snnc.passes.verify import verify


@dataclass(frozen=True, slots=True)
class Change:
    """A new value for one property of the layer with this name."""

    layer: str
    key: str
    value: int | Shape | str

    @property
    def text(self) -> str:
        """The property as written in a spec: ``stride 2``, ``kernel 1x3x3``."""
        value = self.value
        return f"{self.key} {extents(value) if isinstance(value, tuple) else value}"


Changes = tuple[Change, ...]


def legal_network(
    spec: ValidatedSpec, device: Profile, changes: Changes
) -> LogicalNetwork | None:
    """Return the network of a spec with changes; None if it has errors."""
    layers = list(spec.spec.layers)
    names = layer_names(spec)
    for change in changes:
        place = names.index(change.layer)
        value = {change.key: change.value}
        layers[place] = replace(layers[place], **cast("Any", value))
    changed = replace(spec, spec=replace(spec.spec, layers=tuple(layers)))
    report = Diagnostics()
    network = resolve(changed, device, report)
    if network is not None and not report.errors:
        verify(network, report)
    return None if report.errors else network


MOST_MAPPED = 256
"""For more cores, only the variants' neurons are counted, unless `Trials` is
patient."""
COUNTED = 1024
"""A variant is only mapped if its neurons fill at most this number of cores."""
FAR = 8
"""To count the cores that a network needs, it is mapped to up to this multiple of its
target's cores."""
LAYER = 40
CHOICES = 100
"""The work for one layer of a variant or for new choices, in work units of the
search."""
PROJECTIONS_OF_WORK = 2
"""The number of projections that take as long as one unit of work."""
MOST_WORK = 100_000
PATIENT_WORK = 112_000
"""The work after which no further variant is tried, without and with patience."""
EFFORT = 0.1
"""The search effort for mapping one variant, relative to the default."""


@dataclass(frozen=True, slots=True)
class VariantCost:
    """The cores, neurons on the chip, and trained parameters of a variant."""

    cores: int
    neurons: int
    weights: int


class OutOfWorkError(Exception):
    """Raised if the work for trying variants is used up."""


class Trials:
    """A spec, its target, and all variants tried so far.

    Parameters
    ----------
    spec
        A spec without errors, except for the chip's limits.
    target
        The system whose cores a variant may use.
    patient
        Map variants with any number of cores, which can take seconds.
    mapped
        The mapping of the unchanged spec on its own target, if known.
    lowered
        The unchanged spec, lowered, if known.

    Attributes
    ----------
    certain
        Whether variants are mapped; otherwise, only their neurons are counted.
    work, most_work
        The work so far, and the work after which no further variants are tried, in the
        search's units.
    """

    def __init__(
        self,
        spec: ValidatedSpec,
        target: Loihi,
        device: Profile,
        *,
        patient: bool = False,
        mapped: MappedNetwork | None = None,
        lowered: LoweredNetwork | None = None,
    ) -> None:
        self.spec = spec
        self.target = target
        self.certain = patient or target.cores <= MOST_MAPPED
        self.profile = device
        self.work = 0
        self.most_work = PATIENT_WORK if patient else MOST_WORK
        self.cache = PlanCache()
        self._costs: dict[Changes, VariantCost | None] = {}
        # A mapping on another target may have other cores.
        if mapped is not None and mapped.lowered.network.target == target:
            self._costs[()] = cost_of(mapped.lowered, mapped.cores)
        self._lowered: dict[Changes, LoweredNetwork | None] = {}
        if lowered is not None and lowered.network.target == target:
            self._lowered[()] = lowered
            self._count_lowering(lowered)

    @cached_property
    def as_is(self) -> LoweredNetwork:
        """Return the unchanged spec, lowered.

        Raise ValueError if the spec has errors.
        """
        lowered = self.lower(())
        if lowered is None:
            raise ValueError("a spec with errors has no variants")
        return lowered

    def lower(self, changes: Changes) -> LoweredNetwork | None:
        """Return the lowered variant; None if the variant is not legal.

        Raise OutOfWorkError if the work is used up.
        """
        if changes not in self._lowered:
            if changes and self.work > self.most_work:
                raise OutOfWorkError
            # Don't cache other variants: they are large, and nobody requests them
            # again.
            as_is = self._lowered.get(())
            self._lowered = {} if as_is is None else {(): as_is}
            network = legal_network(self.spec, self.profile, changes)
            # Trials of a larger target, as in `snnc fit --cores`, replace the spec's.
            lowered = None
            if network is not None:
                lowered = lower(replace(network, target=self.target))
            self._count_lowering(lowered)
            self._lowered[changes] = lowered
        return self._lowered[changes]

    def _count_lowering(self, lowered: LoweredNetwork | None) -> None:
        """Add the work for lowering a variant, or for refusing it."""
        self.work += LAYER * len(self.spec.spec.layers)
        if lowered is not None:
            self.work += len(lowered.projections) // PROJECTIONS_OF_WORK

    def map(
        self, changes: Changes, target: Loihi | None = None, *, unmixes: bool = True
    ) -> MappedNetwork | None:
        """Return the mapped variant; None if it does not fit the target.

        ``unmixes`` is that of `passes.place`.
        """
        outcome = self._attempt(changes, target or self.target, unmixes=unmixes)
        return None if outcome is None else outcome.build_mapping()

    def cost(self, changes: Changes) -> VariantCost | None:
        """Return the costs of the variant; None if it does not fit the target."""
        if changes not in self._costs:
            self._costs[changes] = None
            outcome = self._attempt(changes, self.target)
            if outcome is not None and outcome.solution is not None:
                cores = outcome.solution.cores
                self._costs[changes] = cost_of(outcome.plan.lowered, cores)
        return self._costs[changes]

    def _attempt(
        self, changes: Changes, target: Loihi, *, unmixes: bool = True
    ) -> Attempt | None:
        """Return the mapping of the variant; None if it does not fit the target."""
        lowered = self.lower(changes)
        if lowered is None or self.floor(changes) > target.cores:
            return None
        lowered = replace(lowered, network=replace(lowered.network, target=target))
        if any(find_unsound(lowered, target)):
            return None
        before = len(self.cache.choices)
        # Only the unchanged spec is searched as long as in a build.
        outcome = attempt(
            lowered,
            target,
            self.cache,
            most=target.cores,
            effort=EFFORT if changes else 1,
            unmixes=unmixes,
        )
        more = len(self.cache.choices) - before
        self.work += outcome.work + CHOICES * more
        return outcome if outcome.fits else None

    def fits(self, changes: Changes) -> bool:
        """Return whether the variant fits the target, or may fit if not `certain`."""
        if self.certain:
            return self.fits_target(changes)
        legal = self.lower(changes) is not None
        return legal and self.floor(changes) <= self.target.cores

    def fits_target(self, changes: Changes) -> bool:
        """Return whether the variant fits the target, after mapping it."""
        return self.cost(changes) is not None

    def fits_surely(self, changes: Changes) -> bool:
        """Return whether the variant is small enough to be mapped, and fits."""
        return self.floor(changes) <= COUNTED and self.fits_target(changes)

    def fits_a_core(self, name: str, changes: Changes) -> bool:
        """Return whether a layer of the variant has a tiling that fits on cores."""
        lowered = self.lower(changes)
        if lowered is None or not all(map(block_is_sound, lowered.populations)):
            return False
        return standalone(lowered, lowered.by_name[name]).violation is None

    def floor(self, changes: Changes) -> int:
        """Return how many cores the neurons of a legal variant need at least."""
        lowered = self.lower(changes)
        return 0 if lowered is None else least_cores(lowered)

    @property
    def countable(self) -> bool:
        """Return whether the cores of the spec can be counted in seconds."""
        return self.certain and self.floor(()) <= self._far

    @property
    def _far(self) -> int:
        return FAR * max(self.target.cores, self.profile.chip.cores // 4)

    @property
    def most_counted(self) -> int:
        """The most cores to which `without_limit` maps the spec."""
        return 2 * self._far

    @cached_property
    def without_limit(self) -> MappedNetwork | None:
        """Map the spec to as many cores as it needs, maybe with axons of two kinds.

        Return None if these are too many to count, or if no number of cores suffices.
        """
        if not self.countable:
            return None
        most = self.most_counted
        chips = ceil(most / self.profile.chip.cores)
        target = replace(self.target, chips=chips, cores=most)
        return self.map((), target, unmixes=False)


def cost_of(lowered: LoweredNetwork, cores: int) -> VariantCost:
    """Return the costs of a lowered network on a number of cores."""
    return VariantCost(
        cores,
        sum(p.neurons for p in lowered.populations if p.on_chip),
        sum(prod(tensor.shape) for tensor in tensors(lowered.network)),
    )
