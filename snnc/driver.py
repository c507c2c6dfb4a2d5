"""Compiles one spec: the passes, then advice and the warnings that are allowed."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Report
from snnc.ir.device import Profile
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, run_passes
from snnc.source import SourceFile
from snnc.syntax.files import read


def compile_file(
    path: str | Path,
    report: Report,
    through: str = "emit",
    device: Profile | None = None,
) -> Compilation | None:
    """Compile the spec in a file, as `compile_spec` does; None if it can't be read."""
    source = read(path, report)
    return None if source is None else compile_spec(source, report, through, device)


def compile_spec(
    source: SourceFile,
    report: Report,
    through: str = "emit",
    device: Profile | None = None,
) -> Compilation:
    """Run the passes up to and including one of them, then drop allowed warnings.

    Parameters
    ----------
    source
        The spec.
    report
        Gets what is wrong, and advice on what does not fit.
    through
        The name of the last pass.
    device
        What is compiled for; None for Loihi 1.

    Returns
    -------
    Compilation
        It ends where errors in ``report`` kept the next pass from running.
    """
    made = run_passes(source, device or read_profile(), report, through)
    if report.errors and made.lowered is not None and made.mapped is None:
        from snnc.fit.advise import advise  # only what does not fit needs advice

        assert made.spec is not None
        advise(made.spec, made.lowered.network, report)
    if made.spec is not None and any(d.code == "SNN301" for d in report.diagnostics):
        from snnc.fit.windows import advise_windows  # only what is too large needs it

        advise_windows(made.spec, made.device, report)
    if made.mapped is not None and _has_blocks(made.mapped):
        from snnc.fit.advise import advise_blocks  # few specs need it

        assert made.spec is not None
        advise_blocks(made.spec, made.mapped, report)
    if made.document is not None and made.document.comments:
        from snnc.passes.suppress import suppress_warnings  # few specs need it

        suppress_warnings(made.document, report, complete=made.mapped is not None)
    return made


def _has_blocks(mapped: MappedNetwork) -> bool:
    layers = mapped.lowered.network.layers
    return any(layer.spiking and layer.spiking.block for layer in layers)
