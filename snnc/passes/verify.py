"""Check rules on the logical graph; each rule checks the whole graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.ir.logical import LogicalNetwork
from snnc.rules import loihi, placement, references, shapes, times, windows
from snnc.rules.times import PresentTooShort
from snnc.source import Span

FAMILIES = references, shapes, windows, placement, times, loihi
CHECKS: tuple[Callable[[LogicalNetwork], Iterator[Diagnostic]], ...] = tuple(
    rule.check
    for family in FAMILIES
    for rule in vars(family).values()
    if "check" in getattr(rule, "__dict__", ()) and rule.__module__ == family.__name__
    if rule is not PresentTooShort
)
"""The checks of these families for a whole graph, even if it has errors."""


def verify(network: LogicalNetwork, report: Diagnostics) -> LogicalNetwork:
    """Run each check, and return the same network; report each position once.

    A value in `defaults` for several layers is reported once, where it is written.
    """
    for check in CHECKS:
        places = set[Span]()
        for diagnostic in check(network):
            if diagnostic.span not in places:
                report.add(diagnostic)
            places.add(diagnostic.span)
    if not report.errors:  # a broken statement may have set the value
        report.extend(PresentTooShort.check(network))
    return network
