"""How many chips and cores a target needs, found by mapping onto them."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from snnc.fit.trials import Trials
from snnc.graph.logical import Loihi
from snnc.rules.loihi import MoreCoresThanChips
from snnc.spec.model import MOST_CHIPS

WORDS = "fewer `cores` or more `chips`"


def more_room(cores: int, is_bound: bool, trials: Trials) -> tuple[str, list[str]]:
    """What to write in `target`, and the bound that is known where none was tried.

    Parameters
    ----------
    cores
        What the network takes, or a bound of it from below.
    is_bound
        Which of the two.
    trials
        The network and its present target.

    Returns
    -------
    tuple
        Both empty if no system is so large.
    """
    target = _of_cores(cores, trials)
    if target.chips > MOST_CHIPS:
        return "", []
    written = _written(target, trials)
    if not is_bound:
        return f"`{written}` in `target`", []
    keys = [key for key in ("chips", "cores") if f"{key} " in written]
    more = " and ".join(f"`{key}`" for key in keys)
    return f"more {more} in `target`", [f"`{written}` or more"]


def system_for(diagnostic: MoreCoresThanChips, trials: Trials) -> str:
    """What to write in place of more cores than the chips have."""
    target = trials.target
    fewer = replace(target, cores=diagnostic.most)
    larger = replace(target, chips=diagnostic.needed)
    if not trials.countable:
        return WORDS
    told = []
    if trials.mapped((), fewer) is not None:
        told.append(f"`cores {diagnostic.most}`")
    if larger.chips <= MOST_CHIPS and trials.mapped((), larger) is not None:
        told.append(f"`chips {diagnostic.needed}`")
    mapped = None if told else trials.unlimited()
    if mapped is not None:
        told.append(f"`{_written(_of_cores(mapped.cores, trials), trials)}`")
    return ", or ".join(told) or WORDS


def _of_cores(cores: int, trials: Trials) -> Loihi:
    """The target with so many cores, on as many chips as they need."""
    per_chip = trials.profile.chip.cores
    chips = max(trials.target.chips, ceil(cores / per_chip))
    return replace(trials.target, chips=chips, cores=cores)


def _written(target: Loihi, trials: Trials) -> str:
    """The properties of the spec's `target` that change."""
    has_cores = getattr(trials.spec.spec.target, "cores", None) is not None
    told = []
    if target.chips > trials.target.chips:
        told.append(f"chips {target.chips}")
    if has_cores or not told:
        told.append(f"cores {target.cores}")
    return ", ".join(told)
