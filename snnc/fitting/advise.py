"""Add the closest legal changes to the diagnostics of a network that does not fit.

A change is a smaller layer, another `block` or window, or a larger `target`. A `block`
that adds cores is reported too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import ceil

from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Severity
from snnc.fitting.board_blocks import is_needed_on_board, predict_risks
from snnc.fitting.solve import bisect_largest, for_axons, for_cores, for_fan_in
from snnc.fitting.trials import (
    COUNTED,
    Change,
    Changes,
    OutOfWorkError,
    Trials,
    legal_network,
)
from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork, block_of
from snnc.ir.shapes import Shape
from snnc.language.model import ValidatedSpec
from snnc.language.properties import MOST_CHIPS
from snnc.loihi.diagnose import BLOCK_AXES, refuse_mapping
from snnc.loihi.plan import compartment_floors, whole_block
from snnc.rules.loihi import (
    BlockExceedsCore,
    BlockExceedsLayer,
    BlockRank,
    CostlyBlock,
    FitsNoCore,
    MoreCoresThanChips,
    TooManyCores,
    TooManyOutAxons,
    chips_request,
)
from snnc.rules.shapes import looks_channels_first
from snnc.rules.windows import KernelTooLarge
from snnc.text.tables import counted, dims

DIRECTIONS = {
    "filters": "fewer",
    "units": "fewer",
    "stride": "a larger",
    "factor": "a larger",
}
FEWER = "use a smaller input, larger strides or fewer filters, or "
BOUNDS = "needed for the neurons alone, and maybe not enough: "


def advise(spec: ValidatedSpec, lowered: LoweredNetwork, report: Diagnostics) -> None:
    """Add changes that make the network fit to the diagnostics in a report.

    The only errors of the spec are in the mapping.
    """
    network = lowered.network
    if not isinstance(network.target, Loihi):
        return
    trials = Trials(spec, network.target, network.device, lowered=lowered)
    diagnostics = report.diagnostics
    # A change after which the whole network fits is also advice for each layer.
    whole: Changes = ()
    # A diagnostic stays without advice if the work is used up.
    with suppress(OutOfWorkError):
        whole = _for_whole_network(diagnostics, trials)
    blocks = [d for d in diagnostics if isinstance(d, Refused)]
    with suppress(OutOfWorkError):
        # Not strict: the advice is empty if no blocks are better.
        for refused, advice in zip(blocks, _for_blocks(blocks, trials), strict=False):
            _replace(refused, refused.but(advice=advice), report)
    for diagnostic in diagnostics:
        with suppress(OutOfWorkError):
            _replace(diagnostic, _advise(diagnostic, trials, whole), report)


def _for_whole_network(diagnostics: Sequence[Diagnostic], trials: Trials) -> Changes:
    """Return changes after which the whole network fits, if it is too large."""
    large = next((d for d in diagnostics if isinstance(d, TooManyCores)), None)
    if large is None:
        return ()
    # If only the neurons are counted, and these fit, any change seems to be enough.
    if not trials.certain and trials.fits(()):
        return ()
    return for_cores(trials, large.largest)


def _replace(old: Diagnostic, better: Diagnostic | None, report: Diagnostics) -> None:
    if better is not None:
        report.withdraw(old)
        report.add(better)


def _advise(old: Diagnostic, trials: Trials, whole: Changes) -> Diagnostic | None:
    """Return a diagnostic with advice, or None for other kinds."""
    if isinstance(old, TooManyCores):
        return _cores(old, trials, whole)
    if isinstance(old, FitsNoCore):
        return _fan_in(old, trials, whole)
    if isinstance(old, TooManyOutAxons):
        return _out_axons(old, trials)
    if isinstance(old, MoreCoresThanChips):
        return _more_chips(old, trials)
    return None


def _out_axons(old: TooManyOutAxons, trials: Trials) -> Diagnostic | None:
    """Advise to remove blocks or, without such blocks, to change layers."""
    if blocks := _blocks_in_the_way(trials):
        risk = _risk_of([_without_blocks(blocks)], trials)
        return old.but(advice=f"remove {_blocks_of(blocks)}", risk=risk)
    if changes := for_axons(trials, old.name):
        risk = _risk_of([(change,) for change in changes], trials)
        return old.but(advice=f"write {_join(_texts(changes))}", risk=risk)
    return None


def _risk_of(variants: Iterable[Changes], trials: Trials) -> str:
    """Say what may not fit on a board after any of some changes."""
    risk = ""
    with suppress(OutOfWorkError):
        small = [c for c in variants if trials.floor(c) <= COUNTED]
        risk = predict_risks(trials.map(changes) for changes in small)
    return risk


def _fan_in(
    diagnostic: FitsNoCore, trials: Trials, whole: Changes
) -> Diagnostic | None:
    """Advise changes after which the network, or at least this layer, fits."""
    fitting = list(whole) if trials.certain else []
    alone = () if fitting else for_fan_in(trials, diagnostic.name)
    fitting += [change for change in alone if trials.fits_surely((change,))]
    if fitting:
        risk = _risk_of([(change,) for change in fitting], trials)
        return diagnostic.but(advice=f"write {_join(_texts(fitting))}", risk=risk)
    if alone:
        advice = f"write {_join(_texts(alone))}, so that this layer fits on a core"
        return diagnostic.but(advice=advice)
    return None


def _cores(diagnostic: TooManyCores, trials: Trials, changes: Changes) -> Diagnostic:
    # Without a bound, the diagnostic has the cores of a complete mapping.
    is_open = diagnostic.bound and diagnostic.cores <= trials.most_counted
    if is_open and (mapped := trials.without_limit) is not None:
        diagnostic = refuse_mapping(mapped, trials.target)
    larger = _of_cores(diagnostic.cores, trials)
    if trials.certain:
        return _advise_values(diagnostic, trials, changes, larger)
    return _advise_directions(diagnostic, trials, changes, larger)


def _advise_values(
    diagnostic: TooManyCores, trials: Trials, changes: Changes, larger: Loihi
) -> Diagnostic:
    """Advise to write one of ``changes`` or ``larger``, with which the network fits.

    A mapping has shown that it does. Removing `block`s is advised first.
    """
    target, bounds = _larger_target(diagnostic, larger, trials)
    choices = [*_texts(changes), *target]
    advice = []
    variants: list[Changes] = [(change,) for change in changes]
    blocks = _blocks_in_the_way(trials)
    if blocks:
        advice.append(f"remove {_blocks_of(blocks)}")
        variants.append(_without_blocks(blocks))
    if choices:
        advice.append(f"write {_join(choices)}")
    if not advice:
        return diagnostic
    fewer = "" if changes or blocks else FEWER
    return diagnostic.but(
        advice=f"{fewer}{', or '.join(advice)}",
        bounds=_bounds_text(bounds),
        request=_request(larger, trials) if target else "",
        risk=_risk_of(variants, trials),
        **_place(changes, trials),
    )


def _advise_directions(
    diagnostic: TooManyCores, trials: Trials, changes: Changes, larger: Loihi
) -> Diagnostic:
    """Name only the direction of changes, because they were not mapped."""
    target, bounds = _larger_target(diagnostic, larger, trials)
    directions = ((c.layer, f"{DIRECTIONS[c.key]} `{c.key}`") for c in changes)
    choices = [*_by_layer(directions), *target]
    if not choices:
        return diagnostic
    fewer = "" if changes else FEWER
    return diagnostic.but(
        advice=f"{fewer}write {_join(choices)}",
        bounds=_bounds_text([*map(_bound, changes), *bounds]),
        request=_request(larger, trials) if target else "",
        **_place(changes, trials),
    )


def _bounds_text(bounds: Sequence[str]) -> str:
    return f"{BOUNDS}{', '.join(bounds)}" if bounds else ""


def _place(changes: Changes, trials: Trials) -> dict[str, object]:
    """Return the ``span`` and ``remedy`` of a diagnostic about the first changed width.

    The remedy is the largest width that fits. If no width changes, there is neither.
    """
    widths = (change for change in changes if change.key in ("filters", "units"))
    change = next(widths, None)
    if change is None:
        return {}
    layer = trials.as_is.network.by_name[change.layer]
    stride = " at this stride" if change.key == "filters" else ""
    span = layer.spans.get(change.key, layer.span)
    fit = f"at most {change.value} fit"
    fit = fit if trials.certain else f"more than {change.value} can't fit"
    return {"span": span, "remedy": f"{fit}{stride}"}


def _blocks_of(layers: Sequence[str]) -> str:
    return f"`block` from {_join([f'`{name}`' for name in layers], 'and')}"


def _texts(changes: Iterable[Change]) -> list[str]:
    """Return one text per layer, such as ``filters 20` or `stride 2` in `a``."""
    return _by_layer((change.layer, f"`{change.text}`") for change in changes)


def _bound(change: Change) -> str:
    more = "or fewer" if DIRECTIONS[change.key] == "fewer" else "or more"
    return f"`{change.text}` {more}"


def _by_layer(choices: Iterable[tuple[str, str]]) -> list[str]:
    by_layer: dict[str, list[str]] = defaultdict(list)
    for layer, text in choices:
        by_layer[layer].append(text)
    return [f"{' or '.join(texts)} in `{layer}`" for layer, texts in by_layer.items()]


def _join(texts: Sequence[str], word: str = "or") -> str:
    """Join alternatives to a list in a sentence."""
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])}, {word} {texts[-1]}"


WORDS = "fewer `cores` or more `chips`"


def _larger_target(
    diagnostic: TooManyCores, target: Loihi, trials: Trials
) -> tuple[list[str], list[str]]:
    """Return the text for a larger `target`, if any, and its bound if untested."""
    if target.chips > MOST_CHIPS:
        return [], []
    written = _written_target(target, trials)
    text = f"`{written}`"
    place = " in `target`"
    if trials.spec.parts["target"].span == trials.spec.span:  # there is no `target`
        text = f"`target loihi {{ {written} }}`"
        place = ""
    if not diagnostic.bound:
        return [f"{text}{place}"], []
    keys = [key for key in ("chips", "cores") if f"{key} " in written]
    more = " and ".join(f"`{key}`" for key in keys)
    return [f"more {more} in `target`"], [f"{text} or more"]


def _more_chips(diagnostic: MoreCoresThanChips, trials: Trials) -> Diagnostic:
    """Advise a `target` whose chips have enough cores."""
    systems = _systems_for(diagnostic, trials)
    largest = max(systems.values(), key=lambda system: system.chips, default=None)
    return diagnostic.but(
        advice=f"write {', or '.join(systems) or WORDS}",
        request="" if largest is None else _request(largest, trials),
    )


def _systems_for(diagnostic: MoreCoresThanChips, trials: Trials) -> dict[str, Loihi]:
    """Return the targets on which the network fits, by their texts."""
    if not trials.countable:
        return {}
    systems = {
        f"`cores {diagnostic.most}`": replace(trials.target, cores=diagnostic.most),
        f"`chips {diagnostic.needed}`": replace(trials.target, chips=diagnostic.needed),
    }
    legal = {w: system for w, system in systems.items() if system.chips <= MOST_CHIPS}
    fitting = {w: s for w, s in legal.items() if trials.map((), s) is not None}
    if not fitting and (mapped := trials.without_limit) is not None:
        system = _of_cores(mapped.cores, trials)
        fitting[f"`{_written_target(system, trials)}`"] = system
    return fitting


def _request(target: Loihi, trials: Trials) -> str:
    return chips_request(target.chips, trials.profile.board.chips)


def _of_cores(cores: int, trials: Trials) -> Loihi:
    """Return the target with ``cores`` cores and enough chips."""
    chips = max(trials.target.chips, ceil(cores / trials.profile.chip.cores))
    return replace(trials.target, chips=chips, cores=cores)


def _written_target(target: Loihi, trials: Trials) -> str:
    """Return the properties of the spec's `target` that change, as text."""
    has_cores = getattr(trials.spec.spec.target, "cores", None) is not None
    parts = [f"chips {target.chips}"] if target.chips > trials.target.chips else []
    if has_cores or not parts:
        parts.append(f"cores {target.cores}")
    return ", ".join(parts)


FREE = "auto"
Refused = BlockRank | BlockExceedsLayer | BlockExceedsCore


def _for_blocks(refused: Sequence[Refused], trials: Trials) -> list[str]:
    """Return a better block for each diagnostic, if any; all fit together."""
    # Blocks of neighbours depend on each other, so all layers are tried together.
    names = [d.name for d in refused]
    free = _with_blocks(dict.fromkeys(names, FREE), trials)
    nearest = _nearest_blocks(refused)
    tried = _with_blocks(nearest, trials)
    if tried is not None and (free is None or tried.cores <= free.cores):
        return [f"write `block {dims(nearest[name])}`" for name in names]
    if free is None:
        return []
    blocks = [dims(block_of(free.by_name[name]) or ()) for name in names]
    return [f"leave it out, or write `block {block}`" for block in blocks]


def _nearest_blocks(refused: Sequence[Refused]) -> dict[str, Shape]:
    """Return the nearest block by layer; nothing unless each layer has one."""
    nearest = {}
    for diagnostic in refused:
        if isinstance(diagnostic, BlockRank) or diagnostic.nearest is None:
            return {}
        nearest[diagnostic.name] = diagnostic.nearest
    return nearest


def _blocks_in_the_way(trials: Trials) -> tuple[str, ...]:
    """Return the layers whose `block` prevents fitting; one layer if possible."""
    populations = trials.as_is.populations
    layers = [p.layer.name for p in populations if p.on_chip and p.block]
    # Removing one block keeps more of the spec than removing all of them.
    for names in [*([name] for name in layers), layers]:
        if names and trials.map(_without_blocks(names)) is not None:
            return tuple(names)
    return ()


def _without_blocks(names: Iterable[str]) -> Changes:
    return tuple(Change(name, "block", FREE) for name in names)


def _with_blocks(
    blocks: Mapping[str, Shape | str], trials: Trials
) -> MappedNetwork | None:
    """Return the spec mapped with some blocks; None without any, or if none fits."""
    if not blocks:
        return None
    changes = (Change(name, "block", block) for name, block in blocks.items())
    return trials.map(tuple(changes))


def advise_blocks(
    spec: ValidatedSpec, mapped: MappedNetwork, report: Diagnostics
) -> None:
    """Warn about each `block` without which the network needs fewer cores."""
    network = mapped.lowered.network
    if not isinstance(network.target, Loihi):
        return
    trials = Trials(spec, network.target, network.device)
    floors = compartment_floors(mapped.lowered)
    for name, floor in floors.items() if trials.countable else ():
        population = mapped.by_name[name]
        layer = population.population.layer
        written = population.population.block
        if written is None or population.cores == floor:
            continue
        try:
            free = _with_blocks({layer.name: FREE}, trials)
        except OutOfWorkError:  # in large networks, only some blocks are tested
            return
        if free is None or free.cores >= mapped.cores:
            continue
        if is_needed_on_board(mapped, free, layer.name):
            continue
        better = block_of(free.by_name[layer.name])
        assert better is not None, "layers on the chip have blocks"
        costly = CostlyBlock.at(
            layer,
            "block",
            kind=layer.kind,
            block=written,
            more=counted(mapped.cores - free.cores, "core"),
            cores=mapped.cores,
            free=free.cores,
            expected=BLOCK_AXES[len(layer.shape)],
            whole=whole_block(layer.shape),
            better=better,
        )
        report.add(costly)


NOTHING = (
    "keep more of the input with smaller strides and kernels before, or enlarge the "
    "input"
)
BEHIND = ", which leaves enough for the layers after it"


def _only_window(report: Diagnostics) -> KernelTooLarge | None:
    """Return the error about a window if there is no other error."""
    errors = [d for d in report.diagnostics if d.severity is Severity.ERROR]
    only = errors[0] if len(errors) == 1 else None
    return only if isinstance(only, KernelTooLarge) else None


def advise_windows(spec: ValidatedSpec, device: Profile, report: Diagnostics) -> None:
    """Advise the largest window with which the whole network fits.

    If there are other errors, nothing can be tried, and the message stays unchanged.
    """
    refused = _only_window(report)
    if refused is None or looks_channels_first(spec.spec.input.shape):
        return

    def holds(change: Change) -> bool:
        return legal_network(spec, device, (change,)) is not None

    def change(size: int) -> Change:
        window = tuple(min(size, most) for most in refused.legal)
        return Change(refused.name, refused.what, window)

    size = bisect_largest(lambda size: holds(change(size)), max(refused.legal))
    remedies = []
    fix = None
    if size:
        largest = change(size)
        if refused.span.text[:1].isdigit():  # the window is written
            fix = Fix(refused.span, largest.text.split()[1], unsafe=True)
        rest = "" if largest.value == refused.legal else BEHIND
        remedies.append(f"`{largest.text}`{rest}")
    if refused.what == "kernel":
        padded = Change(refused.name, "padding", "same")
        if holds(padded):
            remedies.append(f"`{padded.text}`")
    hint = f"write {', or '.join(remedies)}" if remedies else NOTHING
    _replace(refused, refused.but(advice=hint, fix=fix), report)
