"""Check rules on the logical graph; each rule checks the whole graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.ir.logical import LogicalNetwork
from snnc.rules.ceilings import NoSuchRate, RateAboveCeiling, StepTooLong
from snnc.rules.learning import (
    LearningOutOfRange,
    LearnsFromWrongLayer,
    TooFastToLearn,
    TooMuchToLearn,
)
from snnc.rules.placement import HostBetweenChip, LargeMaxPool, MaxPoolOffChip
from snnc.rules.rates import (
    AveragedLif,
    DecayTooFast,
    PresentNotSteps,
    RefractoryTooLong,
    SynapseTooLong,
    WideRange,
)
from snnc.rules.references import TooManyPaths
from snnc.rules.response import PresentTooShort
from snnc.rules.shapes import (
    CrossingShortcuts,
    LooksChannelsFirst,
    SqueezedChannels,
    TooManyValues,
)
from snnc.rules.windows import PooledSamePadding, PooledTranspose, StrideAboveKernel
from snnc.source import Span


class GraphRule(Protocol):
    """A diagnostic with a check that finds its occurrences in a logical graph."""

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[Diagnostic]: ...


GRAPH_RULES: tuple[type[GraphRule], ...] = (
    TooManyPaths,
    TooManyValues,
    LooksChannelsFirst,
    SqueezedChannels,
    StrideAboveKernel,
    PooledSamePadding,
    PooledTranspose,
    CrossingShortcuts,
    HostBetweenChip,
    MaxPoolOffChip,
    LargeMaxPool,
    StepTooLong,
    RateAboveCeiling,
    NoSuchRate,
    AveragedLif,
    PresentNotSteps,
    WideRange,
    SynapseTooLong,
    DecayTooFast,
    RefractoryTooLong,
    LearnsFromWrongLayer,
    TooFastToLearn,
    TooMuchToLearn,
    LearningOutOfRange,
)


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
