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
    for diagnostic in report.diagnostics:
        better = _advised(diagnostic, trials)
        if better is not None:
            report.withdraw(diagnostic)
            report.add(better)


def _advised(diagnostic: Diagnostic, trials: Trials) -> Diagnostic | None:
    if isinstance(diagnostic, FitsNoCore):
        return _fan_in(diagnostic, for_fan_in(trials, diagnostic.name))
    if isinstance(diagnostic, TooManyOutAxons):
        return _axons(diagnostic, trials)
    if isinstance(diagnostic, TooManyCores):
        return _cores(diagnostic, trials)
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


def _cores(diagnostic: TooManyCores, trials: Trials) -> Diagnostic:
    remedies = for_cores(trials, diagnostic.largest)
    room = _room(diagnostic, remedies.cores, trials)
    choices = [*_texts(remedies.changes, trials.certain), *([room] if room else [])]
    if not choices:
        return diagnostic
    widths = [c for c in remedies.changes if c.key in ("filters", "units")]
    place = _place(widths[0], trials) if widths else {}
    return diagnostic.but(hint=f"write {_joined(choices)}", **place)


def _place(change: Change, trials: Trials) -> dict[str, object]:
    """The layer's width as the place, with what fits beside it."""
    layer = trials.layers()[change.position]
    fit = "fit" if trials.certain else "can fit"
    stride = " at this stride" if change.key == "filters" else ""
    return {
        "span": layer.spans.get(change.key, layer.span),
        "remedy": f"at most {change.value} {fit}{stride}",
    }


def _room(diagnostic: TooManyCores, cores: int | None, trials: Trials) -> str:
    """How the target can allow what is needed; empty if no system is so large."""
    needed = cores if cores is not None else diagnostic.cores
    more = "" if cores is not None else " or more"
    chips = ceil(needed / trials.profile.chip.cores)
    if chips > MOST_CHIPS:
        return ""
    if chips > trials.target.chips:
        return f"`chips {chips}`{more} in `target`"
    return f"`cores {needed}`{more} in `target`"


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
