"""One side of a comparison: a spec as far as it compiles."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diagnostics import Diagnostic, Report
from snnc.diagnostics.diagnostic import Severity
from snnc.graph.logical import Network
from snnc.graph.mapped import MappedNetwork
from snnc.passes import compile_spec
from snnc.source import SourceFile
from snnc.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Version:
    """A sound network and its place on the chip; ``refusal`` if it does not fit."""

    source: str
    spec: Spec
    network: Network
    mapped: MappedNetwork | None
    refusal: Diagnostic | None


def compile_version(source: SourceFile, report: Report) -> Version | None:
    """Compile a spec for comparison.

    Parameters
    ----------
    source
        The spec.
    report
        Receives the diagnostics of a spec that can't be compared. That a network
        does not fit its chip is no obstacle and is not reported: the comparison
        says so.

    Returns
    -------
    Version or None
        None if the spec has errors.
    """
    own = Report()
    results = compile_spec(source, own, through="map")
    if "lower" not in results:
        report.extend(own.diagnostics)
        return None
    refusals = (d for d in own.diagnostics if d.severity is Severity.ERROR)
    return Version(
        source=source.name,
        spec=results["validate"].spec,
        network=results["lower"].network,
        mapped=results.get("map"),
        refusal=next(refusals, None),
    )
