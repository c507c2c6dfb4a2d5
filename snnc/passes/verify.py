"""Run the rules that need the whole network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.ir.logical import LogicalNetwork
from snnc.rules import loihi, placement, shapes, times, windows
from snnc.rules.times import PresentTooShort
from snnc.source import Span

Check = Callable[[LogicalNetwork], Iterator[Diagnostic]]


def _checks_of(*families: ModuleType) -> tuple[Check, ...]:
    return tuple(
        rule.check
        for each in families
        for rule in vars(each).values()
        if "check" in getattr(rule, "__dict__", ()) and rule.__module__ == each.__name__
        if rule is not PresentTooShort
    )


CHECKS = _checks_of(shapes, windows, placement, times)
"""The checks of these families for a whole graph, even if it has errors."""
OF_LEARNING = _checks_of(loihi)
"""The checks for a readout that learns on the chip."""


def verify(network: LogicalNetwork, report: Diagnostics) -> LogicalNetwork:
    """Run each rule of a whole network; report each position once.

    A value in `defaults` for several layers is reported once, where it is written.
    """
    learns = network.readout.learn is not None
    for check in (*CHECKS, *(OF_LEARNING if learns else ())):
        places = set[Span]()
        for diagnostic in check(network):
            if diagnostic.span not in places:
                report.add(diagnostic)
            places.add(diagnostic.span)
    if not report.errors:  # a broken statement may have set the value
        report.extend(PresentTooShort.check(network))
    return network
