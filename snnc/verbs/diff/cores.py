"""The cores of two networks, and the layers that use different ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from snnc.ir.mapped import MappedNetwork, block_of
from snnc.loihi.activity import activity_of
from snnc.loihi.timing import time_at_upper_rates
from snnc.passes.route import route
from snnc.results.diff import Cores, CoresRefused, CoresTaken, CoreUse, LayerCores
from snnc.results.report import COUNTERS
from snnc.text.tables import dims
from snnc.verbs.diff.properties import Version
from snnc.verbs.report.summary import round_number, use_of


def compare_cores(old: Version, new: Version, names: Mapping[str, str]) -> Cores:
    """Compare cores, blocks and the use of the fullest cores, layer by layer.

    ``names`` contains the new names of the old layers. If one network does not fit on
    the chip, no layers are compared.
    """
    layers: list[LayerCores] = []
    if old.mapped is not None and new.mapped is not None:
        old_uses = {names.get(name, name): use for name, use in _uses(old.mapped)}
        new_uses = dict(_uses(new.mapped))
        for name in dict.fromkeys((*new_uses, *old_uses)):
            layer = LayerCores(name, old_uses.get(name), new_uses.get(name))
            if any(row.old != row.new for row in layer.rows):
                layers.append(layer)
    return Cores(fit_of(old), fit_of(new), tuple(layers))


def fit_of(version: Version) -> CoresTaken | CoresRefused:
    """Return the network's use of the chip, or why it does not fit."""
    mapped = version.mapped
    if mapped is not None:
        routed = route(mapped)
        activity = activity_of(routed)
        time = time_at_upper_rates(routed)
        joules = activity.joules(version.network.device.energy)
        seconds = None if time is None else round_number(time.example_seconds)
        return CoresTaken(
            cores=mapped.cores,
            chips=mapped.chips,
            spikes=round_number(activity.spikes),
            energy_joules=round_number(joules),
            example_seconds=seconds,
        )
    assert version.refusal is not None, "some rule refused the network"
    return CoresRefused(version.refusal.code, version.refusal.message)


def _uses(mapped: MappedNetwork) -> Iterator[tuple[str, CoreUse]]:
    """Yield each layer's cores, block, and use of the limits on its fullest core."""
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
        yield name, CoreUse(len(blocks), ", ".join(shapes), percent)
