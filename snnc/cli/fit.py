"""``snnc fit``."""

from __future__ import annotations

import click

from snnc.cli.options import device, format_option
from snnc.cli.printing import print_diagnostics, print_json, print_lines, say
from snnc.diagnostics import Report
from snnc.driver import compile_file
from snnc.rules.loihi import TooManyCores


@click.command("fit", epilog="Example: snnc fit specs/drift.snn --cores 4")
@click.argument("spec", type=click.Path())
@click.option(
    "--cores",
    type=click.IntRange(min=1),
    help="Cores that there are; by default those of the spec's target.",
)
@click.option("--all", "everything", is_flag=True, help="Print every variant found.")
@format_option("How to print it.", "markdown")
def command(spec: str, cores: int | None, everything: bool, form: str) -> int:
    """List variants of SPEC (filters, strides) that fit so many cores.

    Those that keep most of the network come first. If SPEC itself fits, the list
    tells how far each layer could grow, up to 16 times its filters.
    """
    report = Report()
    made = compile_file(spec, report, "place", device())
    large = [d for d in report.diagnostics if isinstance(d, TooManyCores)]
    for diagnostic in large:
        report.withdraw(diagnostic)  # what follows says it
    print_diagnostics(report)
    if made is None or made.spec is None or made.lowered is None:
        return 1
    from snnc.fit.trials import Trials, target_of
    from snnc.fit.variants import offer

    target = target_of(made.lowered.network, cores)
    if target is None:
        say(f"{spec}: `target nengo` has no cores; nothing to fit")
        return 1
    offered = offer(Trials(made.spec, target, made.device, patient=True))
    if form == "json":
        from snnc.fit.text import document

        print_json(document(offered))
    else:
        from snnc.fit.text import SHOWN, markdown, table

        written = markdown if form == "markdown" else table
        shown = len(offered.variants) if everything else SHOWN
        print_lines(written(offered, shown))
    return 0 if offered.variants or offered.present is not None else 1
