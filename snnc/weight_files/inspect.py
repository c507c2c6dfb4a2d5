"""Read a weight file, and compare it with a spec."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.ir.layout import input_scale, tensors
from snnc.ir.logical import LogicalNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.rules.weights import BiasNotZero, NotFinite, WeightsDoNotFit
from snnc.source import whole_file
from snnc.syntax.revisions import read_spec
from snnc.text.tables import dims
from snnc.weight_files.fit import LayoutFit, Pair, advice, fit
from snnc.weight_files.header import WeightsHeader, read_or_report
from snnc.weight_files.listing import Listing

if TYPE_CHECKING:
    from snnc.runtime.examples import Array
    from snnc.weight_files.chip import Precision
    from snnc.weight_files.values import Spread


def inspect(
    path: Path,
    spec: str | MappedNetwork | None,
    calculates: bool,
    report: Diagnostics,
    device: Profile | None = None,
) -> Listing | None:
    """List a file's tensors, and check whether a network and its chip accept them.

    Parameters
    ----------
    path
        The safetensors file.
    spec
        The spec to compare with, if any: a file, a revision, or a compiled network.
    calculates
        Whether to check the values, which needs NumPy.
    report
        Receives every problem.
    device
        The device to compile for; None for Loihi 1.

    Returns
    -------
    Listing or None
        None if the file or the spec can't be read.
    """
    header = read_or_report(path, report)
    mapped = spec if isinstance(spec, MappedNetwork) else None
    if isinstance(spec, str):
        source = read_spec(spec, report)
        made = None if source is None else compile_spec(source, report, "place", device)
        if made is None or made.mapped is None:
            return None
        mapped = made.mapped
    if header is None:
        return None
    values, known = None, None
    if calculates:
        from snnc.weight_files.values import read_values, spreads

        values = read_values(header)
        known = spreads(values)
    if mapped is None:
        return Listing(header, known)
    network = mapped.lowered.network
    fitting = fit(header, tensors(network), input_scale(network))
    layers: tuple[Precision, ...] = ()
    if not fitting.fits:
        report.add(refusal(header, network, fitting))
    elif values is not None and report_values(header, known or {}, network, report):
        layers = on_chip(mapped, values, report)
    return Listing(header, known, network.name, fitting, layers)


def refusal(
    header: WeightsHeader,
    network: LogicalNetwork,
    fitting: LayoutFit,
    migrating: bool = False,
) -> Diagnostic:
    """Return the error that lists all tensors that do not fit a network."""
    return WeightsDoNotFit(
        span=network.span,
        path=header.path.as_posix(),
        network=network.name,
        written=fitting.written or "missing",
        layout="" if fitting.layout == fitting.written else fitting.layout,
        problems=tuple(map(_problem, fitting.problems)),
        scale=fitting.scale,
        advice=advice(fitting, migrating),
    )


def _problem(pair: Pair) -> str:
    if pair.stored is None or pair.wanted is None:
        return f"{pair.name} is {pair.problem}"
    stored = pair.stored
    return f"{pair.name} is {dims(stored.shape)} {stored.dtype}, {pair.problem}"


def report_values(
    header: WeightsHeader,
    known: dict[str, Spread],
    network: LogicalNetwork,
    report: Diagnostics,
) -> bool:
    """Report tensors with invalid values; return whether all values are valid.

    Invalid values are not finite, or are nonzero in a bias that is off.
    """
    before = len(report.diagnostics)
    for tensor in tensors(network):
        name, spread = tensor.name, known[tensor.name]
        file, size = header.path.as_posix(), header.tensors[name].size
        if not spread.finite:
            report.add(
                NotFinite(
                    span=whole_file(header.path),
                    tensor=name,
                    path=file,
                    nan=spread.nan,
                    infinite=spread.infinite,
                    size=size,
                )
            )
        elif tensor.zeros and spread.nonzero:
            layer = network.by_name[name.rpartition(".")[0]]
            report.add(
                BiasNotZero(
                    span=layer.span,
                    tensor=name,
                    path=file,
                    name=layer.name,
                    count=spread.nonzero,
                    size=size,
                )
            )
    return len(report.diagnostics) == before


def on_chip(
    mapped: MappedNetwork, values: Mapping[str, Array], report: Diagnostics
) -> tuple[Precision, ...]:
    """Return the precision of the weights on the chip, and report refused cores."""
    from snnc.weight_files.chip import complaints, precision
    from snnc.weight_files.cores import placed_layers

    layers = placed_layers(mapped, values)
    for layer in layers:
        report.add(*complaints(layer))
    return tuple(precision(layer) for layer in layers)
