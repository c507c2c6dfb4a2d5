"""Puts the nearest legal changes into the diagnostics of what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from snnc.diagnostics import Diagnostic, Report
from snnc.fit.change import Change
from snnc.fit.remedies import for_axons, for_cores, for_fan_in
from snnc.fit.trials import Trials
from snnc.graph.logical import Loihi, Network
from snnc.rules.loihi import FitsNoCore, TooManyCores, TooManyOutAxons
from snnc.spec.located import ValidatedSpec
from snnc.spec.model import MOST_CHIPS


def advise(spec: ValidatedSpec, network: Network, report: Report) -> None:
    """Solve for what would fit, and say so in the diagnostics of the mapping.

    Parameters
    ----------
    spec
        The spec, which has no errors but those of the mapping.
    network
        The logical network of the spec.
    report
        Has the diagnostics; those with advice replace them.
    """
    if not isinstance(network.target, Loihi):
        return
    trials = Trials(spec, network.target)
    found = report.diagnostics
    large = next((d for d in found if isinstance(d, TooManyCores)), None)
    # What mends the whole network mends each layer of it, and is said of both.
    whole = () if large is None else for_cores(trials, large.largest)
    for diagnostic in found:
        better = _advised(diagnostic, trials, whole)
        if better is not None:
            report.withdraw(diagnostic)
            report.add(better)


def _advised(
    diagnostic: Diagnostic, trials: Trials, whole: Sequence[Change]
) -> Diagnostic | None:
    if isinstance(diagnostic, FitsNoCore):
        changes = whole if trials.certain else ()
        return _fan_in(diagnostic, changes or for_fan_in(trials, diagnostic.name))
    if isinstance(diagnostic, TooManyOutAxons):
        return _axons(diagnostic, trials)
    if isinstance(diagnostic, TooManyCores):
        return _cores(diagnostic, trials, whole)
    return None


def _fan_in(diagnostic: FitsNoCore, changes: Sequence[Change]) -> Diagnostic | None:
    if not changes:
        return None
    return diagnostic.but(hint=f"write {_choice(changes)}")


def _axons(diagnostic: TooManyOutAxons, trials: Trials) -> Diagnostic | None:
    blocks = [
        layer.name
        for layer in trials.layers()
        if layer.spiking is not None and layer.spiking.block is not None
    ]
    changes = () if blocks else for_axons(trials, diagnostic.name)
    return diagnostic.but(hint=f"write {_choice(changes)}") if changes else None


def _cores(
    diagnostic: TooManyCores, trials: Trials, changes: Sequence[Change]
) -> Diagnostic:
    diagnostic = _counted(diagnostic, trials)
    room = _room(diagnostic, trials)
    choices = [*_texts(changes, trials.certain), *([room] if room else [])]
    if not choices:
        return diagnostic
    widths = [c for c in changes if c.key in ("filters", "units")]
    place = _place(widths[0], trials) if widths else {}
    return diagnostic.but(hint=f"write {_joined(choices)}", **place)


def _counted(diagnostic: TooManyCores, trials: Trials) -> TooManyCores:
    """With the cores that the network takes, where they can be counted."""
    mapped = trials.unlimited()
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
    """The layer's width as the place, with what fits beside it."""
    layer = trials.layers()[change.position]
    fit = "fit" if trials.certain else "can fit"
    stride = " at this stride" if change.key == "filters" else ""
    return {
        "span": layer.spans.get(change.key, layer.span),
        "remedy": f"at most {change.value} {fit}{stride}",
    }


def _room(diagnostic: TooManyCores, trials: Trials) -> str:
    """How the target can allow what is needed; empty if no system is so large."""
    needed, more = diagnostic.cores, " or more" if diagnostic.bound else ""
    chips = ceil(needed / trials.profile.chip.cores)
    if chips > MOST_CHIPS:
        return ""
    written = getattr(trials.spec.spec.target, "cores", None) is not None
    if chips <= trials.target.chips:
        return f"`cores {needed}`{more} in `target`"
    if written:
        return f"`chips {chips}, cores {needed}`{more} in `target`"
    return f"`chips {chips}`{more} in `target`"


def _choice(changes: Sequence[Change]) -> str:
    return _joined(_texts(changes))


def _texts(changes: Sequence[Change], certain: bool = True) -> list[str]:
    """One text a layer: ``filters 20` or `stride 2` in `a``."""
    by_layer: dict[str, list[str]] = {}
    for change in changes:
        wide = change.key in ("filters", "units")
        more = "" if certain else " or fewer" if wide else " or more"
        by_layer.setdefault(change.layer, []).append(f"`{change.text}`{more}")
    return [f"{' or '.join(texts)} in `{layer}`" for layer, texts in by_layer.items()]


def _joined(texts: Sequence[str]) -> str:
    """Choices as one sentence's end."""
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])}, or {texts[-1]}"
