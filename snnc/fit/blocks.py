"""Which `block` would do in place of one that does not, or that costs cores."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.diagnostics import Report
from snnc.fit.change import Change
from snnc.fit.trials import Trials
from snnc.graph.logical import Layer, Shape
from snnc.graph.mapped import MappedNetwork
from snnc.loihi.floor import compartment_floors
from snnc.loihi.plan import whole_block
from snnc.loihi.refusals import BLOCK_AXES, block_span
from snnc.report.summary import block_of
from snnc.report.units import counted
from snnc.rules.loihi import BlockExceedsCore, BlockExceedsLayer, BlockRank, CostlyBlock

FREE = "auto"
Refused = BlockRank | BlockExceedsLayer | BlockExceedsCore


def with_better_blocks(refused: Sequence[Refused], trials: Trials) -> list[Refused]:
    """The diagnostics, each with a block that was tried together with the others."""
    names = [d.name for d in refused]
    near = [None if isinstance(d, BlockRank) else d.nearest for d in refused]
    blocks = [block for block in near if block is not None]
    free = _with_blocks(names, [FREE] * len(names), trials)
    close = _with_blocks(names, blocks, trials) if blocks == near else None
    if close is not None and (free is None or close.cores <= free.cores):
        return [
            d.but(hint=f"write {_quoted(block)}")
            for d, block in zip(refused, blocks, strict=True)
        ]
    if free is None:
        return list(refused)
    found = [_quoted(block_of(free.by_name[name])) for name in names]
    return [
        d.but(hint=f"leave it out, or write {block}")
        for d, block in zip(refused, found, strict=True)
    ]


def blocks_in_the_way(trials: Trials) -> tuple[str, ...]:
    """The layers, one if that suffices, without whose `block` the network fits."""
    layers = [layer.name for layer in trials.layers() if _written(layer) is not None]
    for names in [*([name] for name in layers), layers]:
        if names and _with_blocks(names, [FREE] * len(names), trials) is not None:
            return tuple(names)
    return ()


def warn_of_costs(mapped: MappedNetwork, trials: Trials, report: Report) -> None:
    """Report each `block` without which the network takes fewer cores."""
    if not trials.countable:
        return
    floors = compartment_floors(mapped.lowered, trials.profile)
    for name, floor in floors.items():
        population = mapped.by_name[name]
        layer = population.population.layer
        written = _written(layer)
        if written is None or population.cores == floor:
            continue
        free = _with_blocks([layer.name], [FREE], trials)
        if free is not None and free.cores < mapped.cores:
            report.add(_costly(layer, written, mapped.cores, free))


def _written(layer: Layer) -> Shape | None:
    return layer.spiking.block if layer.on_chip and layer.spiking else None


def _costly(layer: Layer, block: Shape, cores: int, free: MappedNetwork) -> CostlyBlock:
    better = block_of(free.by_name[layer.name])
    assert better is not None, "what is on the chip is cut"
    return CostlyBlock(
        span=block_span(layer),
        name=layer.name,
        kind=layer.kind,
        block=block,
        more=counted(cores - free.cores, "core"),
        cores=cores,
        free=free.cores,
        expected=BLOCK_AXES[len(layer.shape)],
        whole=whole_block(layer.shape),
        better=better,
    )


def _with_blocks(
    names: Sequence[str], blocks: Sequence[Shape | str], trials: Trials
) -> MappedNetwork | None:
    places = {layer.name: i for i, layer in enumerate(trials.layers())}
    changes = tuple(
        Change(places[name], name, "block", block)
        for name, block in zip(names, blocks, strict=True)
    )
    return trials.mapped(changes)


def _quoted(block: Shape | None) -> str:
    return f"`block {'x'.join(map(str, block or ()))}`"
