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
    compilation = run_passes(start, report, through)
    add_advice(compilation, report)
    allow_warnings(compilation, report)
    return compilation


def wants_advice(compilation: Compilation, report: Diagnostics) -> bool:
    """Return whether a compilation has problems whose advice requires trials."""
    exceeds = (
        compilation.lowered is not None
        and compilation.mapped is None
        and report.errors > 0
    )
    trials = exceeds or _has(report, "SNN301") or _has_blocks(compilation.mapped)
    return trials or _has(report, "SNN412") or _has(report, "SNN413")


def add_advice(compilation: Compilation, report: Diagnostics) -> None:
    """Add the closest values that fit to diagnostics of the mapping."""
    if compilation.spec is None or not wants_advice(compilation, report):
        return
    from snnc.fitting.advise import advise, advise_blocks, advise_windows  # rare
    from snnc.fitting.board_blocks import advise_board_blocks

    if compilation.lowered is not None and compilation.mapped is None and report.errors:
        advise(compilation.spec, compilation.lowered, report)
    if _has(report, "SNN301"):
        advise_windows(compilation.spec, compilation.device, report)
    if compilation.mapped is not None and _has_blocks(compilation.mapped):
        advise_blocks(compilation.spec, compilation.mapped, report)
    if compilation.mapped is not None:
        advise_board_blocks(compilation.spec, compilation.mapped, report)


def place_on_chips(compilation: Compilation) -> RoutedNetwork | None:
    """Assign the network to cores and chips, if necessary to more than the target has.

    Return None if it has other errors, or if no number of cores suffices.
    """
    if compilation.routed is not None:
        return compilation.routed
    mapped = compilation.mapped or map_without_limit(compilation)
    return None if mapped is None else route_network(mapped)


def map_without_limit(compilation: Compilation) -> MappedNetwork | None:
    """Map a network that is too large, to report its costs.

    Return None if it has other errors, or if no number of cores suffices.
    """
    if compilation.spec is None or compilation.lowered is None:
        return None
    target = compilation.lowered.network.target
    if not isinstance(target, Loihi):
        return None
    from snnc.fitting.trials import Trials  # not needed for a network that fits

    trials = Trials(
        compilation.spec, target, compilation.device, lowered=compilation.lowered
    )
    return trials.without_limit


def _has(report: Diagnostics, code: str) -> bool:
    return any(diagnostic.code == code for diagnostic in report.diagnostics)


def _has_blocks(mapped: MappedNetwork | None) -> bool:
    layers = () if mapped is None else mapped.lowered.network.layers
    return any(layer.spiking and layer.spiking.block for layer in layers)
