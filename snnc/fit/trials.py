"""Changes of a spec, compiled, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from snnc.diagnostics import Report
from snnc.ir.device import Profile
from snnc.ir.logical import Layer, Loihi, Network, Shape
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.language.located import ValidatedSpec
from snnc.loihi.floor import compartment_floors
from snnc.loihi.plan import alone, block_is_sound
from snnc.passes.lower import lower
from snnc.passes.place import place
from snnc.passes.resolve import resolve
from snnc.passes.verify import verify
from snnc.text.units import dims


@dataclass(frozen=True, slots=True)
class Change:
    """One property of one layer with another value.

    ``position`` is the layer's place among the spec's layers, ``layer`` its name.
    """

    position: int
    layer: str
    key: str
    value: int | Shape | str

    @property
    def text(self) -> str:
        """The property as a spec has it: ``stride 2``, ``kernel 1x3x3``."""
        return f"{self.key} {written(self.value)}"


def written(value: int | Shape | str) -> str:
    """A number, dims or a word as a spec has them; equal dims are one number."""
    if not isinstance(value, tuple):
        return str(value)
    return str(value[0]) if len(set(value)) == 1 else dims(value)


def with_changes(spec: ValidatedSpec, changes: Sequence[Change]) -> ValidatedSpec:
    """The spec with other values, at the same places."""
    layers = list(spec.spec.layers)
    for change in changes:
        layer = layers[change.position]
        layers[change.position] = layer.model_copy(update={change.key: change.value})
    return replace(spec, spec=spec.spec.model_copy(update={"layers": tuple(layers)}))


Changes = tuple[Change, ...]
MAPPED = 256
"""On more cores, variants are judged by their neurons, unless there is patience."""
COUNTED = 1024
"""Variants whose neurons fill so many cores are still mapped, to try them."""
FAR = 8
"""So many times the cores allowed are still mapped, to tell how many are needed."""


class Trials:
    """A spec, its target, and every variant that was tried.

    Parameters
    ----------
    spec
        A spec without errors before the chip's limits are looked at.
    target
        The cores that a variant may take.
    device
        What has them.
    patient
        Map variants on any number of cores, which can take minutes.
    """

    def __init__(
        self,
        spec: ValidatedSpec,
        target: Loihi,
        device: Profile,
        patient: bool = False,
    ) -> None:
        self.spec = spec
        self.target = target
        self.certain = patient or target.cores <= MAPPED
        self.profile = device
        self._lowered: dict[Changes, LoweredNetwork | None] = {}
        self._mapped: dict[tuple[Changes, Loihi], MappedNetwork | None] = {}

    def layers(self) -> tuple[Layer, ...]:
        """The layers as they are now."""
        return self.network().layers

    def network(self) -> Network:
        """The network as it is now.

        Raises
        ------
        ValueError
            If the spec has errors.
        """
        lowered = self.lowered(())
        if lowered is None:
            raise ValueError("a spec with errors has no variants")
        return lowered.network

    def lowered(self, changes: Changes) -> LoweredNetwork | None:
        """The lowered variant; None if no such network is legal."""
        if changes not in self._lowered:
            self._lowered[changes] = self._lower(changes)
        return self._lowered[changes]

    def _lower(self, changes: Changes) -> LoweredNetwork | None:
        report = Report()
        network = resolve(with_changes(self.spec, changes), self.profile, report)
        if network is None or report.errors:
            return None
        verify(network, report)
        if report.errors:
            return None
        lowered: LoweredNetwork = lower(replace(network, target=self.target), report)
        return lowered

    def mapped(
        self, changes: Changes, target: Loihi | None = None
    ) -> MappedNetwork | None:
        """The mapped variant; None if it does not fit the target."""
        key = (changes, target or self.target)
        if key not in self._mapped:
            self._mapped[key] = self._map(*key)
        return self._mapped[key]

    def _map(self, changes: Changes, target: Loihi) -> MappedNetwork | None:
        lowered = self.lowered(changes)
        if lowered is None or self.floor(changes) > target.cores:
            return None
        own = replace(lowered, network=replace(lowered.network, target=target))
        return place(own, Report())

    def fits(self, changes: Sequence[Change]) -> bool:
        """Whether the variant fits the target, or may fit, where not `certain`."""
        if self.certain:
            return self.mapped(tuple(changes)) is not None
        legal = self.lowered(tuple(changes)) is not None
        return legal and self.floor(tuple(changes)) <= self.target.cores

    def fits_surely(self, changes: Changes) -> bool:
        """Whether the variant fits the target, and is small enough to be tried."""
        is_small = self.floor(changes) <= COUNTED
        return is_small and self.mapped(changes) is not None

    def fits_a_core(self, changes: Sequence[Change], name: str) -> bool:
        """Whether a layer of the variant can be cut so that each block fits a core."""
        lowered = self.lowered(tuple(changes))
        if lowered is None or not all(map(block_is_sound, lowered.populations)):
            return False
        population = lowered.by_name[name]
        return alone(lowered, population, self.target, self.profile).misfit is None

    def floor(self, changes: Changes) -> int:
        """The cores that the neurons of a legal variant fill at least."""
        lowered = self.lowered(changes)
        if lowered is None:
            return 0
        return sum(compartment_floors(lowered, self.profile).values())

    @property
    def countable(self) -> bool:
        """Whether the cores of the spec can be counted in seconds."""
        return self.certain and self.floor(()) <= self._far

    @property
    def _far(self) -> int:
        return FAR * max(self.target.cores, self.profile.chip.cores // 4)

    def unlimited(self) -> MappedNetwork | None:
        """The spec mapped on as many cores as it takes.

        None if they are too many to be counted, or if no number of cores suffices.
        """
        if not self.countable:
            return None
        most = 2 * self._far
        chips = ceil(most / self.profile.chip.cores)
        return self.mapped((), replace(self.target, chips=chips, cores=most))
