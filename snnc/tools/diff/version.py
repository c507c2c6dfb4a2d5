"""One side of a comparison: a compiled spec from a file or git."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.diagnostics.diagnostic import Severity
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.language.model import NetworkSpec
from snnc.passes import Compilation
from snnc.source import SourceFile
from snnc.syntax.revisions import read_spec


@dataclass(frozen=True, slots=True)
class Version:
    """A valid network and its mapping; ``refusal`` says why it does not fit."""

    source: str
    spec: NetworkSpec
    network: LogicalNetwork
    mapped: MappedNetwork | None
    refusal: Diagnostic | None


def compile_version(
    source: SourceFile, report: Diagnostics, device: Profile | None = None
) -> Version | None:
    """Compile a spec for comparison.

    Return None if the spec has errors.

    Parameters
    ----------
    source
        The spec.
    report
        Receives the diagnostics of a spec that can't be compared. A network that does
        not fit on its chip can be compared too; the result says why it doesn't fit.
    device
        The device to compile for; None for Loihi 1.
    """
    own = Diagnostics()
    made = compile_spec(source, own, "place", device)
    version = version_of(made, own)
    if version is None:
        report.extend(own.diagnostics)
    return version


def read_version(
    name: str, report: Diagnostics, device: Profile | None = None
) -> Version | None:
    """Compile a spec's file or revision for comparison, like `compile_version`.

    Raises
    ------
    ValueError
        If the name is not a valid revision.
    """
    source = read_spec(name, report)
    return None if source is None else compile_version(source, report, device)


def version_of(made: Compilation, report: Diagnostics) -> Version | None:
    """Return a compiled spec as a version; None if the spec has errors."""
    if made.spec is None or made.lowered is None:
        return None
    refusals = (d for d in report.diagnostics if d.severity is Severity.ERROR)
    return Version(
        source=made.source.name,
        spec=made.spec.spec,
        network=made.lowered.network,
        mapped=made.mapped,
        refusal=next(refusals, None),
    )
