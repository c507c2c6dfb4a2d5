"""Run the rules that need the whole network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.ir.logical import LogicalNetwork
from snnc.rules import learning, placement, shapes, times, windows
from snnc.source import Span

Check = Callable[[LogicalNetwork], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    shapes.TooManyValues.check,
    shapes.SqueezedChannels.check,
    shapes.LooksChannelsFirst.check,
    shapes.WideRange.check,
    shapes.CrossingShortcuts.check,
    windows.PooledSamePadding.check,
    windows.PooledTranspose.check,
    windows.UnfoldedUpsampling.check,
    windows.TooManyPaths.check,
    windows.StrideAboveKernel.check,
    placement.HostBetweenChip.check,
    placement.MaxPoolOffChip.check,
    placement.LargeMaxPool.check,
    placement.AveragedLif.check,
    times.RateAboveCeiling.check,
    times.NoSuchRate.check,
    times.StepTooLong.check,
    times.PresentNotSteps.check,
    times.SynapseTooLong.check,
    times.DecayTooFast.check,
    times.RefractoryTooLong.check,
)
"""The checks of every network, even if it has errors."""
CHECKS_OF_LEARNING: tuple[Check, ...] = (
    learning.LearnsFromWrongLayer.check,
    learning.TooFastToLearn.check,
    learning.TooMuchToLearn.check,
    learning.LearningOutOfRange.check,
)
"""The checks of a network whose readout learns on the chip."""


def verify(network: LogicalNetwork, report: Diagnostics) -> LogicalNetwork:
    """Run each rule of a whole network; report each position once.

    A value in `defaults` for several layers is reported once, where it is written.
    """
    learns = network.readout.learn is not None
    for check in (*CHECKS, *(CHECKS_OF_LEARNING if learns else ())):
        places = set[Span]()
        for diagnostic in check(network):
            if diagnostic.span not in places:
                report.add(diagnostic)
            places.add(diagnostic.span)
    if not report.errors:  # a broken statement may have set the value
        report.extend(times.PresentTooShort.check(network))
    return network
