"""The cost report as a table for people: ``snnc report``."""

from __future__ import annotations

from snnc.graph.mapped import Block, MappedNetwork, MappedPopulation
from snnc.loihi.profile import Profile, load_profile
from snnc.report.json import chips_used

COLUMNS = ("layer", "kind", "shape", "neurons", "cores", "block", *(
    "compartments", "in-axons", "out-axons", "synapses"
))  # fmt: skip


def table(mapped: MappedNetwork) -> str:
    """One row a layer; the last four columns are the fullest core's use in per cent."""
    network = mapped.lowered.network
    profile = load_profile()
    rows = [COLUMNS, *(_row(p, profile) for p in mapped.populations)]
    readout = network.readout
    rows.append((readout.name, "readout", str(readout.units), *[""] * 7))
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(
            text.ljust(width) if i < 3 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.append("")
    lines.append(_total(mapped))
    return "\n".join(lines)


def _total(mapped: MappedNetwork) -> str:
    neurons = sum(p.population.neurons for p in mapped.populations if p.cores)
    cores = f"{mapped.cores} core" + ("" if mapped.cores == 1 else "s")
    chips = f"{chips_used(mapped)} chip" + ("" if chips_used(mapped) == 1 else "s")
    name = mapped.lowered.network.name
    return f"{name}: {neurons} neurons on {cores} of {chips}"


def _row(mapped: MappedPopulation, profile: Profile) -> tuple[str, ...]:
    layer = mapped.population.layer
    first = (
        layer.name,
        layer.kind,
        "x".join(map(str, layer.shape)),
        str(mapped.population.neurons),
    )
    blocks = [block for ensemble in mapped.ensembles for block in ensemble.blocks]
    if not blocks:
        return (*first, "host", *[""] * 5)
    shape = mapped.ensembles[0].block_shape or ()
    if len(layer.shape) == 4:
        shape = (mapped.group, *shape)
    return (
        *first,
        str(mapped.cores),
        "x".join(map(str, shape)),
        *_fullest(blocks, profile),
    )


def _fullest(blocks: list[Block], profile: Profile) -> tuple[str, ...]:
    pairs = (
        (max(b.compartments for b in blocks), profile.core.compartments),
        (max(b.in_axons for b in blocks), profile.core.in_axons),
        (max(b.out_axons for b in blocks), profile.core.out_axons),
        (max(b.synapse_bits for b in blocks), profile.core.synapse_bits),
    )
    return tuple(f"{100 * value / limit:.0f} %" for value, limit in pairs)
