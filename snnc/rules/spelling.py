"""Parts and values that are written as other notations write them."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class FromAfterBlock(Diagnostic):
    """`from` stands after the statement's block.

    The parts of a statement have an order: kind, name, shape, range, `from`, and the
    block last.
    """

    code = "SNN122"
    title = "`from` after the block"
    message = "`from` stands after the block of its statement"
    label = "belongs before the `{{`"
    help = "write `{line}`"

    line: str


class DimsSpelling(Diagnostic):
    """Dims are written as in Python.

    Sizes are joined by `x` and nothing else: `28x28x1`, `kernel 3x3`. There are no
    tuples, no brackets around sizes and no batch axis; one integer stands for all axes
    of a kernel.
    """

    code = "SNN123"
    title = "dims in another spelling"
    message = "`{text}` is not how dims are written"
    label = "sizes are joined by `x`"
    help = "write `{dims}`"

    text: str
    dims: str


class Percentage(Diagnostic):
    """A share is written in percent.

    Shares, such as that of `dropout` or `validation`, are numbers from 0 to 1.
    """

    code = "SNN124"
    title = "percentage"
    message = "`{text}` is a percentage, but shares are numbers from 0 to 1"
    label = "not part of the language"
    help = "write `{share}`"

    text: str
    share: str


class RangeSpelling(Diagnostic):
    """A range is written as in Python, or with a dash.

    The two ends of a range are joined by two dots without blanks, and a unit stands
    once, after the upper end: `0..1`, `20..150 Hz`.
    """

    code = "SNN125"
    title = "range in another spelling"
    message = "`{text}` is not how ranges are written"
    label = "the ends are joined by `..`"
    help = "write `{range}`"

    text: str
    range: str
