"""``snnc fit``: variants of a network that fit a number of cores."""

from __future__ import annotations

from dataclasses import replace

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.interface.spec_options import FitOptions
from snnc.rules.loihi import TooManyCores
from snnc.verbs.fit import find_variants

SHOWN = 10
"""The number of variants that are listed without ``--all``."""


@click.command("fit", epilog="Example: snnc fit specs/drift.snn --cores 4")
@options.spec
@options.of(FitOptions)
@options.flag("--all", "everything", help="Print every variant found.")
@options.output_format("Output format.", "markdown")
def fit_command(spec: str, cores: int | None, everything: bool, form: str) -> int:
    """List variants of SPEC (filters, strides) that fit on a given number of cores.

    Variants that keep most of the network come first. If SPEC itself fits, the list
    shows how large each layer could be, up to 16 times its filters.
    """
    report = Diagnostics()
    compilation = compile_file(spec, report, "place", options.device())
    shown = Diagnostics()  # the list below replaces SNN406
    shown.extend(d for d in report.diagnostics if not isinstance(d, TooManyCores))
    printing.print_diagnostics(shown)
    if compilation is None or compilation.spec is None or compilation.lowered is None:
        return 1
    try:
        fit = find_variants(compilation, report.diagnostics, cores)
    except ValueError as error:
        printing.say(f"{spec}: {error}")
        return 1
    if not everything:
        fit = replace(fit, hidden=max(0, len(fit.variants) - SHOWN))
    printing.print_result(fit, form)
    return 0 if fit.variants or fit.fits else 1
