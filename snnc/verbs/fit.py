"""Find variants of a network that fit a number of cores: `snnc fit`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import nlargest
from math import ceil, prod, sqrt

from snnc.diagnostics import Diagnostic
from snnc.fitting.solve import smallest_stride, wider_strides, widest, width_key
from snnc.fitting.trials import (
    MOST_MAPPED,
    Change,
    Changes,
    OutOfWorkError,
    Trials,
    cost_of,
)
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi
from snnc.loihi.timing import time_at_upper_rates
from snnc.passes import Compilation, completed
from snnc.passes.route import route
from snnc.results.fit import Fit, FitVariant
from snnc.rules.loihi import TooManyCores
from snnc.rules.times import response_delay

GROWTH = 16
"""If the network fits, a layer may grow to at most this multiple of its filters."""
BRIEF_WORK = 8_000
"""The limit of work for larger variants, if not ``patient``; 0 for many cores."""
LARGEST = 3
"""The number of largest layers to name if nothing fits."""


def find_variants(
    compilation: Compilation,
    problems: Sequence[Diagnostic],
    cores: int | None,
    *,
    patient: bool = True,
) -> Fit:
    """Find variants of a network that fit a number of cores, or the spec's target.

    A variant changes one layer: fewer filters (or more, if the network fits), a larger
    stride, or both. Layers with the most neurons are tried first, until the work is
    used up. ``problems`` come from the compilation. Raise ValueError if the target
    has no cores.
    """
    spec = completed(compilation.spec)
    network = completed(compilation.lowered).network
    device = compilation.device
    target = _target_with(cores, network, device)
    mapped = compilation.mapped
    trials = Trials(spec, target, device, patient=patient, mapped=mapped)
    present = trials.cost(())  # of the spec as it is
    if present is not None and not patient:
        trials.most_work = BRIEF_WORK if present.cores <= MOST_MAPPED else 0
    search = _Search(trials)
    variants, tried = search.fitting(is_larger=present is not None)
    needed = present.cores if present else _cores_needed(compilation, problems, trials)
    delay = response_delay(network)
    # The spec must get this target for a variant to fit.
    other_target = ""
    if target != network.target:
        other_target = f"chips {target.chips}, cores {target.cores}"
    on_chip = (layer for layer in network.layers if layer.on_chip)
    largest = nlargest(LARGEST, on_chip, key=lambda layer: prod(layer.shape))
    return Fit(
        network=network.name,
        cores=target.cores,
        needed=needed,
        present=present,
        variants=tuple(sorted(variants, key=lambda v: (-v.kept, v.cost.cores))),
        layers=len(search.layers),
        untried=len(search.layers) - tried,
        delay=round(delay.seconds, 6),
        delay_causes=delay.causes,
        time=None if mapped is None else time_at_upper_rates(route(mapped)),
        largest=tuple(layer.name for layer in largest),
        target=other_target,
    )


def _target_with(cores: int | None, network: LogicalNetwork, device: Profile) -> Loihi:
    """Return the network's target, with a number of cores if given."""
    target = network.target
    if not isinstance(target, Loihi):
        raise ValueError("`target nengo` has no cores, so there is nothing to fit")
    if cores is None:
        return target
    return replace(target, cores=cores, chips=ceil(cores / device.chip.cores))


def _cores_needed(
    compilation: Compilation, problems: Sequence[Diagnostic], trials: Trials
) -> int | None:
    """Return the cores of the unchanged spec, as `snnc check` and `report` do."""
    for problem in problems:
        if isinstance(problem, TooManyCores) and not problem.bound:
            return problem.cores
    mapped = compilation.mapped or trials.without_limit
    return None if mapped is None else mapped.cores


class _Search:
    """Searches for variants that fit; ``layers`` are those with filters or units."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        on_chip = (layer for layer in trials.as_is.network.layers if layer.on_chip)
        self.layers = [layer for layer in on_chip if width_key(layer) is not None]
        self._present = cost_of(trials.as_is, 0)

    def fitting(self, *, is_larger: bool) -> tuple[list[FitVariant], int]:
        """Return variants, larger or smaller ones, and the number of tried layers."""
        variants: list[FitVariant] = []
        tried = 0
        largest = sorted(self.layers, key=lambda layer: -prod(layer.shape))
        try:
            for layer in largest:
                grow = self._grown if is_larger else self._narrower
                for changes in grow(layer):
                    variants.append(self._variant(changes))
                tried += 1
        except OutOfWorkError:
            pass  # the result contains the number of untried layers
        return variants, tried

    def _variant(self, changes: Changes) -> FitVariant:
        cost = self._trials.cost(changes)
        present = self._present
        assert cost is not None, "only variants that fit are offered"
        share = cost.neurons / present.neurons * cost.weights / present.weights
        now = self._trials.as_is.network.by_name
        # A layer at the limit of growth might grow further, which the result says.
        capped = (c for c in changes if c.value == GROWTH * now[c.layer].shape[-1])
        return FitVariant(changes, cost, round(sqrt(share), 4), next(capped, None))

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
                break  # this stride and larger ones fit with all filters
            if (both := self._widest(layer, most, (wider,))) is not None:
                yield (wider, both)
