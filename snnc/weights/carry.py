"""Migrates a weights file from one spec to another."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Report
from snnc.diff import Version, compile_version
from snnc.diff.layers import match
from snnc.diff.revision import read_spec
from snnc.diff.weights import compare_weights
from snnc.ir.device import Profile
from snnc.ir.layout import tensors
from snnc.rules.output import CannotWrite
from snnc.rules.weights import WouldOverwrite
from snnc.runtime.files import write_file
from snnc.weights.fit import fit
from snnc.weights.header import nowhere
from snnc.weights.inspect import (
    read_or_report,
    refusal,
    report_values,
)
from snnc.weights.migrate import Move, migrate, plan, serialized
from snnc.weights.values import read_values, spreads


def carry(
    path: Path,
    old: str,
    new: str,
    output: Path,
    force: bool,
    report: Report,
    device: Profile | None = None,
) -> list[Move] | None:
    """Write the weights of ``old`` for ``new``, as far as they fit.

    Parameters
    ----------
    path
        The weights of ``old``.
    old, new
        The specs.
    output
        The file to write.
    force
        Whether it may exist.
    report
        Receives what is wrong.
    device
        What specs are compiled for; None for Loihi 1.

    Returns
    -------
    list of Move or None
        What became of each tensor; None if nothing was written.
    """
    header = read_or_report(path, report)
    before, after = _version(old, report, device), _version(new, report, device)
    if output.exists() and not force:
        report.add(WouldOverwrite(span=nowhere(output), path=output.as_posix()))
    if header is None or before is None or after is None or report.errors:
        return None
    fitting = fit(header, tensors(before.network))
    if not fitting.fits:
        report.add(refusal(header, before.network, fitting, migrating=True))
        return None
    values = read_values(header)
    if not report_values(header, spreads(values), before.network, report):
        return None
    wanted = tensors(after.network)
    renamed = compare_weights(before, after, match(before, after)).renamed
    names = {tensor.new: tensor.old for tensor in renamed}
    moves = plan(tensors(before.network), wanted, after.network.train.seed, names)
    try:
        write_file(output, serialized(wanted, migrate(moves, values)))
    except OSError as error:
        reason, name = error.strerror or str(error), output.as_posix()
        report.add(CannotWrite(span=nowhere(output), path=name, reason=reason))
        return None
    return moves


def _version(spec: str, report: Report, device: Profile | None) -> Version | None:
    source = read_spec(spec, report)
    return None if source is None else compile_version(source, report, device)
