"""Check rules on the logical graph; each rule checks the whole graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.ir.logical import LogicalNetwork
from snnc.rules import loihi, placement, references, shapes, times, windows
from snnc.rules.times import PresentTooShort
from snnc.source import Span


class GraphRule(Protocol):
    """A diagnostic with a check that finds its occurrences in a logical graph."""

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[Diagnostic]: ...


FAMILIES = references, shapes, windows, placement, times, loihi
GRAPH_RULES: tuple[type[GraphRule], ...] = tuple(
    rule
    for family in FAMILIES
    for rule in vars(family).values()
    if "check" in getattr(rule, "__dict__", ()) and rule.__module__ == family.__name__
    if rule is not PresentTooShort
)
"""The rules of these families that check a whole graph, even if it has errors."""


def verify(network: LogicalNetwork, report: Diagnostics) -> LogicalNetwork:
    """Run each rule, and return the same network; report each position once.

    A value in `defaults` for several layers is reported once, where it is written.
    """
    for rule in GRAPH_RULES:
        places = set[Span]()
        for diagnostic in rule.check(network):
            if diagnostic.span not in places:
                report.add(diagnostic)
            places.add(diagnostic.span)
    if not report.errors:  # a broken statement may have set the value
        report.extend(PresentTooShort.check(network))
    return network
