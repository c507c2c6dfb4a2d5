"""Add the closest legal changes to the diagnostics of a network that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.fitting.blocks import (
    Refused,
    blocks_in_the_way,
    more_room,
    system_for,
    warn_of_costs,
    with_better_blocks,
)
from snnc.fitting.solve import for_axons, for_cores, for_fan_in
from snnc.fitting.trials import Change, OutOfWorkError, Trials
from snnc.ir.logical import LogicalNetwork, Loihi
from snnc.ir.mapped import MappedNetwork
from snnc.language.model import ValidatedSpec
from snnc.rules.loihi import (
    FitsNoCore,
    MoreCoresThanChips,
    TooManyCores,
    TooManyOutAxons,
)

DIRECTIONS = {
    "filters": "fewer",
    "units": "fewer",
    "stride": "a larger",
    "factor": "a larger",
}
FEWER = "give the layers fewer neurons, or "
BOUNDS = "for the neurons alone: "


def advise(spec: ValidatedSpec, network: LogicalNetwork, report: Diagnostics) -> None:
    """Add changes that make the network fit to the diagnostics of the mapping.

    Parameters
    ----------
    spec
        A spec whose only errors are in the mapping.
    network
        The logical network of the spec.
    report
        Contains the diagnostics, which are replaced by diagnostics with advice.
    """
    if not isinstance(network.target, Loihi):
        return
    trials = Trials(spec, network.target, network.device)
    diagnostics = report.diagnostics
    large = next((d for d in diagnostics if isinstance(d, TooManyCores)), None)
    # A change after which the whole network fits is also advice for each layer.
    whole: tuple[Change, ...] = ()
    with suppress(OutOfWorkError):
        whole = () if large is None else for_cores(trials, large.largest)
    blocks = [d for d in diagnostics if isinstance(d, Refused)]
    with suppress(OutOfWorkError):
        for refused, better in zip(
            blocks, with_better_blocks(blocks, trials), strict=True
        ):
            _replace(refused, better, report)
    for diagnostic in diagnostics:
        with suppress(OutOfWorkError):
            _replace(diagnostic, _advise(diagnostic, trials, whole), report)


def advise_blocks(
    spec: ValidatedSpec, mapped: MappedNetwork, report: Diagnostics
) -> None:
    """Report each `block` that fits but increases the number of cores."""
    network = mapped.lowered.network
    if isinstance(network.target, Loihi):
        trials = Trials(spec, network.target, network.device)
        with suppress(OutOfWorkError):  # in large networks, only some blocks are tested
            warn_of_costs(mapped, trials, report)


def _replace(
    diagnostic: Diagnostic, better: Diagnostic | None, report: Diagnostics
) -> None:
    if better is not None:
        report.withdraw(diagnostic)
        report.add(better)


def _advise(
    diagnostic: Diagnostic, trials: Trials, whole: Sequence[Change]
) -> Diagnostic | None:
    if isinstance(diagnostic, FitsNoCore):
        return _fan_in(diagnostic, trials, whole)
    if isinstance(diagnostic, TooManyOutAxons):
        return _axons(diagnostic, trials)
    if isinstance(diagnostic, TooManyCores):
        return _cores(diagnostic, trials, whole)
    if isinstance(diagnostic, MoreCoresThanChips):
        return diagnostic.but(advice=f"write {system_for(diagnostic, trials)}")
    return None


def _fan_in(
    diagnostic: FitsNoCore, trials: Trials, whole: Sequence[Change]
) -> Diagnostic | None:
    """Add changes after which the network, or at least this layer, fits."""
    if trials.certain and whole:
        return diagnostic.but(advice=f"write {_choice(whole)}")
    alone = for_fan_in(trials, diagnostic.name)
    if not alone:
        return None
    fitting = [change for change in alone if trials.fits_surely((change,))]
    if fitting:
        return diagnostic.but(advice=f"write {_choice(fitting)}")
    return diagnostic.but(
        advice=f"write {_choice(alone)}, so that this layer fits on a core"
    )


def _axons(diagnostic: TooManyOutAxons, trials: Trials) -> Diagnostic | None:
    if blocks := blocks_in_the_way(trials):
        return diagnostic.but(advice=f"remove {_blocks_of(blocks)}")
    changes = for_axons(trials, diagnostic.name)
    return diagnostic.but(advice=f"write {_choice(changes)}") if changes else None


def _cores(
    diagnostic: TooManyCores, trials: Trials, changes: Sequence[Change]
) -> Diagnostic:
    diagnostic = _count_cores(diagnostic, trials)
    room, least = more_room(diagnostic.cores, bool(diagnostic.bound), trials)
    written = _texts(changes) if trials.certain else _directions(changes)
    choices = [*written, *([room] if room else [])]
    blocks = blocks_in_the_way(trials) if trials.certain else ()
    if not choices and not blocks:
        return diagnostic
    widths = [c for c in changes if c.key in ("filters", "units")]
    place = _place(widths[0], trials) if widths else {}
    bounds = [*([] if trials.certain else map(_bound, changes)), *least]
    fewer = "" if changes or blocks else FEWER
    removed = [f"remove {_blocks_of(blocks)}"] if blocks else []
    written = [f"write {_join(choices)}"] if choices else []
    return diagnostic.but(
        advice=f"{fewer}{', or '.join([*removed, *written])}",
        bounds=f"{BOUNDS}{', '.join(bounds)}" if bounds else "",
        **place,
    )


def _count_cores(diagnostic: TooManyCores, trials: Trials) -> TooManyCores:
    """Add the number of cores that the network needs, if it can be computed."""
    mapped = trials.without_limit
    if mapped is None:
        return diagnostic
    largest = max(mapped.populations, key=lambda population: population.cores)
    layer = largest.population.layer
    return diagnostic.but(
        span=layer.span,
        cores=mapped.cores,
        bound="",
        largest=layer.name,
        share=largest.cores,
    )


def _place(change: Change, trials: Trials) -> dict[str, object]:
    """Return the span of the layer's width, and the largest width that fits."""
    layer = trials.layers()[change.position]
    fit = "fit" if trials.certain else "can fit"
    stride = " at this stride" if change.key == "filters" else ""
    return {
        "span": layer.spans.get(change.key, layer.span),
        "remedy": f"at most {change.value} {fit}{stride}",
    }


def _blocks_of(layers: Sequence[str]) -> str:
    return f"`block` from {_join([f'`{name}`' for name in layers], 'and')}"


def _choice(changes: Sequence[Change]) -> str:
    return _join(_texts(changes))


def _texts(changes: Sequence[Change]) -> list[str]:
    """Return one text per layer, such as ``filters 20` or `stride 2` in `a``."""
    return _by_layer((change.layer, f"`{change.text}`") for change in changes)


def _directions(changes: Sequence[Change]) -> list[str]:
    """Return one text per layer with the direction of untested changes."""
    return _by_layer((c.layer, f"{DIRECTIONS[c.key]} `{c.key}`") for c in changes)


def _bound(change: Change) -> str:
    more = "or fewer" if DIRECTIONS[change.key] == "fewer" else "or more"
    return f"`{change.text}` {more}"


def _by_layer(choices: Iterable[tuple[str, str]]) -> list[str]:
    by_layer: dict[str, list[str]] = {}
    for layer, text in choices:
        by_layer.setdefault(layer, []).append(text)
    return [f"{' or '.join(texts)} in `{layer}`" for layer, texts in by_layer.items()]


def _join(texts: Sequence[str], word: str = "or") -> str:
    """Join alternatives to a list in a sentence."""
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])}, {word} {texts[-1]}"
