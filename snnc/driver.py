"""Compile one spec: run the passes, add advice, and suppress allowed warnings.

Advice compiles variants of the spec, so it is above the passes (decision 021).
"""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork, RoutedNetwork
from snnc.language.tree import Document
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, allow_warnings, route_network, run_passes
from snnc.source import SourceFile
from snnc.syntax.files import read


def compile_file(
    path: str | Path,
    report: Diagnostics,
    through: str = "emit",
    device: Profile | None = None,
) -> Compilation | None:
    """Compile the spec in a file like `compile_spec`; None if it can't be read."""
    source = read(path, report)
    return None if source is None else compile_spec(source, report, through, device)


def compile_spec(
    source: SourceFile,
    report: Diagnostics,
    through: str = "emit",
    device: Profile | None = None,
    cache: PlanCache | None = None,
    document: Document | None = None,
) -> Compilation:
    """Run the passes up to and including ``through``, then suppress allowed warnings.

    Return the results of the passes before the first error. ``report`` also receives
    advice if the network does not fit. Without a ``device``, compile for Loihi 1.
    ``cache`` has plans for other specs on the device, and ``document`` is the syntax
    tree if it is known.
    """
    profile = device or read_profile()
    start = Compilation(source, profile, cache or PlanCache(), document)
    made = run_passes(start, report, through)
    add_advice(made, report)
    allow_warnings(made, report)
    return made


def wants_advice(made: Compilation, report: Diagnostics) -> bool:
    """Return whether a compilation has problems whose advice requires trials."""
    exceeds = made.lowered is not None and made.mapped is None and report.errors > 0
    trials = exceeds or _has(report, "SNN301") or _has_blocks(made.mapped)
    return trials or _has(report, "SNN412") or _has(report, "SNN413")


def add_advice(made: Compilation, report: Diagnostics) -> None:
    """Add the closest values that fit to diagnostics of the mapping."""
    if made.spec is None or not wants_advice(made, report):
        return
    from snnc.fitting.advise import advise, advise_blocks, advise_windows  # rare
    from snnc.fitting.board_blocks import advise_board_blocks

    if made.lowered is not None and made.mapped is None and report.errors:
        advise(made.spec, made.lowered, report)
    if _has(report, "SNN301"):
        advise_windows(made.spec, made.device, report)
    if made.mapped is not None and _has_blocks(made.mapped):
        advise_blocks(made.spec, made.mapped, report)
    if made.mapped is not None:
        advise_board_blocks(made.spec, made.mapped, report)


def place_on_chips(made: Compilation) -> RoutedNetwork | None:
    """Assign the network to cores and chips, if necessary to more than the target has.

    Return None if it has other errors, or if no number of cores suffices.
    """
    if made.routed is not None:
        return made.routed
    mapped = made.mapped or map_without_limit(made)
    return None if mapped is None else route_network(mapped)


def map_without_limit(made: Compilation) -> MappedNetwork | None:
    """Map a network that is too large, to report its costs.

    Return None if it has other errors, or if no number of cores suffices.
    """
    if made.spec is None or made.lowered is None:
        return None
    target = made.lowered.network.target
    if not isinstance(target, Loihi):
        return None
    from snnc.fitting.trials import Trials  # not needed for a network that fits

    trials = Trials(made.spec, target, made.device, lowered=made.lowered)
    return trials.without_limit


def _has(report: Diagnostics, code: str) -> bool:
    return any(diagnostic.code == code for diagnostic in report.diagnostics)


def _has_blocks(mapped: MappedNetwork | None) -> bool:
    layers = () if mapped is None else mapped.lowered.network.layers
    return any(layer.spiking and layer.spiking.block for layer in layers)
