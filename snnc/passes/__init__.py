"""The compiler, as the passes that a spec goes through.

======== =========================== ============================================
pass     gives                       what happens
======== =========================== ============================================
parse    ``syntax.tree.Document``    text becomes located syntax
validate ``spec.located``            statements become a checked spec
infer    ``graph.logical.Network``   names, order, defaults and shapes
check    the same network            rules over the whole of it
lower    ``graph.lowered``           pools and joins go into their readers
map      ``graph.mapped``            ensembles, blocks and cores
emit     ``emit.files.Module`` s     the generated package
======== =========================== ============================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snnc.diagnostics import Diagnostic, Report
from snnc.graph.logical import Network
from snnc.passes.check import check
from snnc.passes.emit import emit
from snnc.passes.infer import infer
from snnc.passes.lower import lower
from snnc.passes.map import map_network
from snnc.passes.parse import parse
from snnc.passes.validate import validate
from snnc.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Pass:
    """One step of the compiler: from the value before it to the next.

    ``tolerant`` passes also look at what is left of a spec with errors, so that
    one run reports all of them; the others need a sound value.
    """

    name: str
    run: Callable[[Any, Report], Any]
    tolerant: bool = False


PIPELINE = (
    Pass("parse", parse, tolerant=True),
    Pass("validate", validate, tolerant=True),
    Pass("infer", infer, tolerant=True),
    Pass("check", check, tolerant=True),
    Pass("lower", lower),
    Pass("map", map_network),
    Pass("emit", emit),
)


def compile_spec(
    source: SourceFile, report: Report, through: str = "emit"
) -> dict[str, Any]:
    """Run the passes up to and including one of them, then drop allowed warnings.

    Returns
    -------
    dict
        What each pass gave, by the pass's name. It ends where errors in
        ``report`` kept the next pass from running.
    """
    results = run_passes(source, report, through)
    if report.errors and "lower" in results and "map" not in results:
        from snnc.fit.advise import advise  # only what does not fit needs advice

        advise(results["validate"], results["infer"], report)
    if "map" in results and _has_blocks(results["infer"]):
        from snnc.fit.advise import advise_blocks  # few specs need it

        advise_blocks(results["validate"], results["map"], report)
    if "parse" in results and results["parse"].comments:
        from snnc.diagnostics.suppress import suppress_warnings  # few specs need it

        suppress_warnings(results["parse"], report, complete="map" in results)
    return results


def _has_blocks(network: Network) -> bool:
    return any(layer.spiking and layer.spiking.block for layer in network.layers)


def run_passes(source: SourceFile, report: Report, through: str) -> dict[str, Any]:
    """Run the passes alone: no advice is sought for what does not fit.

    Returns
    -------
    dict
        As `compile_spec` does.
    """
    value: Any = source
    results: dict[str, Any] = {}
    for step in PIPELINE:
        if report.errors and not step.tolerant:
            break
        value = step.run(value, report)
        if value is None:
            break
        results[step.name] = value
        if step.name == through:
            break
    if report.full:
        report.extend([_more(source, report)])
    return results


def _more(source: SourceFile, report: Report) -> Diagnostic:
    """Say that not all problems are told."""
    from snnc.rules.syntax import TooManyProblems

    end = len(source.text)
    return TooManyProblems(span=Span(source, end, end), limit=report.limit)
