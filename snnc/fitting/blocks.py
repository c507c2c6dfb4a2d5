"""Find a better `block` or window for one that does not fit or adds cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from snnc.diagnostics import Diagnostics
from snnc.fitting.solve import bisect_largest
from snnc.fitting.trials import Change, Trials, legal_network
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalLayer, Loihi, Shape
from snnc.ir.mapped import MappedNetwork, block_of
from snnc.language.model import ValidatedSpec
from snnc.language.properties import MOST_CHIPS
from snnc.loihi.plan import compartment_floors, whole_block
from snnc.loihi.refusals import BLOCK_AXES
from snnc.passes.resolve.drafts import layer_names
from snnc.rules.loihi import (
    BlockExceedsCore,
    BlockExceedsLayer,
    BlockRank,
    CostlyBlock,
    MoreCoresThanChips,
)
from snnc.rules.shapes import looks_channels_first
from snnc.rules.windows import KernelTooLarge
from snnc.text.tables import counted

FREE = "auto"
Refused = BlockRank | BlockExceedsLayer | BlockExceedsCore


def with_better_blocks(refused: Sequence[Refused], trials: Trials) -> list[Refused]:
    """Return the diagnostics, each with a block; all these blocks fit together."""
    names = [d.name for d in refused]
    near = [None if isinstance(d, BlockRank) else d.nearest for d in refused]
    blocks = [block for block in near if block is not None]
    free = _with_blocks(names, [FREE] * len(names), trials)
    close = _with_blocks(names, blocks, trials) if blocks == near else None
    if close is not None and (free is None or close.cores <= free.cores):
        return [
            d.but(advice=f"write {_quote_block(block)}")
            for d, block in zip(refused, blocks, strict=True)
        ]
    if free is None:
        return list(refused)
    quoted = [_quote_block(block_of(free.by_name[name])) for name in names]
    return [
        d.but(advice=f"leave it out, or write {block}")
        for d, block in zip(refused, quoted, strict=True)
    ]


def blocks_in_the_way(trials: Trials) -> tuple[str, ...]:
    """Return the layers whose `block` prevents fitting; one layer if possible."""
    layers = [layer.name for layer in trials.layers() if _block_of(layer) is not None]
    for names in [*([name] for name in layers), layers]:
        if names and _with_blocks(names, [FREE] * len(names), trials) is not None:
            return tuple(names)
    return ()


def warn_of_costs(mapped: MappedNetwork, trials: Trials, report: Diagnostics) -> None:
    """Warn about each `block` without which the network needs fewer cores."""
    if not trials.countable:
        return
    floors = compartment_floors(mapped.lowered, trials.profile)
    for name, floor in floors.items():
        population = mapped.by_name[name]
        layer = population.population.layer
        written = _block_of(layer)
        if written is None or population.cores == floor:
            continue
        free = _with_blocks([layer.name], [FREE], trials)
        if free is not None and free.cores < mapped.cores:
            report.add(_costly(layer, written, mapped.cores, free))


def _block_of(layer: LogicalLayer) -> Shape | None:
    return layer.spiking.block if layer.on_chip and layer.spiking else None


def _costly(
    layer: LogicalLayer, block: Shape, cores: int, free: MappedNetwork
) -> CostlyBlock:
    better = block_of(free.by_name[layer.name])
    assert better is not None, "layers on the chip have blocks"
    return CostlyBlock.at(
        layer,
        "block",
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
    return trials.map(changes)


def _quote_block(block: Shape | None) -> str:
    return f"`block {'x'.join(map(str, block or ()))}`"


WORDS = "fewer `cores` or more `chips`"


def more_room(cores: int, is_bound: bool, trials: Trials) -> tuple[str, list[str]]:
    """Return the text for a larger `target`, and a lower bound if it is untested.

    Parameters
    ----------
    cores
        The number of cores of the network, or a lower bound.
    is_bound
        Whether ``cores`` is a lower bound.
    trials
        The network and its present target.

    Returns
    -------
    tuple
        The text and the bound; both are empty if no system is large enough.
    """
    target = _of_cores(cores, trials)
    if target.chips > MOST_CHIPS:
        return "", []
    written = _written_room(target, trials)
    if not is_bound:
        return f"`{written}` in `target`", []
    keys = [key for key in ("chips", "cores") if f"{key} " in written]
    more = " and ".join(f"`{key}`" for key in keys)
    return f"more {more} in `target`", [f"`{written}` or more"]


def system_for(diagnostic: MoreCoresThanChips, trials: Trials) -> str:
    """Return the text for a `target` whose chips have too few cores."""
    target = trials.target
    fewer = replace(target, cores=diagnostic.most)
    larger = replace(target, chips=diagnostic.needed)
    if not trials.countable:
        return WORDS
    parts = []
    if trials.map((), fewer) is not None:
        parts.append(f"`cores {diagnostic.most}`")
    if larger.chips <= MOST_CHIPS and trials.map((), larger) is not None:
        parts.append(f"`chips {diagnostic.needed}`")
    mapped = None if parts else trials.without_limit
    if mapped is not None:
        parts.append(f"`{_written_room(_of_cores(mapped.cores, trials), trials)}`")
    return ", or ".join(parts) or WORDS


def _of_cores(cores: int, trials: Trials) -> Loihi:
    """Return the target with ``cores`` cores and enough chips."""
    per_chip = trials.profile.chip.cores
    chips = max(trials.target.chips, ceil(cores / per_chip))
    return replace(trials.target, chips=chips, cores=cores)


def _written_room(target: Loihi, trials: Trials) -> str:
    """Return the properties of the spec's `target` that change, as text."""
    has_cores = getattr(trials.spec.spec.target, "cores", None) is not None
    parts = []
    if target.chips > trials.target.chips:
        parts.append(f"chips {target.chips}")
    if has_cores or not parts:
        parts.append(f"cores {target.cores}")
    return ", ".join(parts)


NOTHING = (
    "keep more of the input with smaller strides and kernels before, or enlarge the "
    "input"
)
BEHIND = ", which leaves enough for the layers after it"


def advise_windows(spec: ValidatedSpec, device: Profile, report: Diagnostics) -> None:
    """Advise the largest window with which the whole network fits.

    If there are other errors, nothing can be tried, and the message stays unchanged.
    """
    too_large = [d for d in report.diagnostics if isinstance(d, KernelTooLarge)]
    if len(too_large) != 1 or report.errors != 1 or not spec.sound:
        return
    (refused,) = too_large
    if looks_channels_first(spec.spec.input.shape):
        return
    position = layer_names(spec).index(refused.name)

    def holds(change: Change) -> bool:
        return legal_network(spec, device, (change,)) is not None

    def change(size: int) -> Change:
        window = tuple(min(size, most) for most in refused.legal)
        return Change(position, refused.name, refused.what, window)

    size = bisect_largest(lambda size: holds(change(size)), max(refused.legal))
    remedies = []
    if size:
        largest = change(size)
        rest = "" if largest.value == refused.legal else BEHIND
        remedies.append(f"`{largest.text}`{rest}")
    if refused.what == "kernel":
        padded = Change(position, refused.name, "padding", "same")
        remedies += [f"`{padded.text}`"] if holds(padded) else []
    hint = f"write {', or '.join(remedies)}" if remedies else NOTHING
    report.withdraw(refused)
    report.add(refused.but(advice=hint))
