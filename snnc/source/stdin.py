"""A spec from stdin, for editors and pipes."""

from __future__ import annotations

import sys

from snnc import rules
from snnc.diagnostics import Report
from snnc.source import SourceFile, Span
from snnc.source.read import LARGEST, decode

STDIN = "-"
"""What stands for stdin among the paths of a command."""

STDIN_NAME = "<stdin>"


def read_stdin(report: Report) -> SourceFile | None:
    """Read a ``.snn`` spec from stdin, or report why that can't be done.

    Parameters
    ----------
    report
        Gets SNN703 or SNN704 if what comes is no text or too long.

    Returns
    -------
    SourceFile or None
        Called ``<stdin>``; None if it can't be read.
    """
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) <= LARGEST:
        return decode(STDIN_NAME, data, report)
    nowhere = Span(SourceFile(STDIN_NAME, ""), 0, 0)
    report.add(rules.files.FileTooLarge(span=nowhere, size=len(data), limit=LARGEST))
    return None
