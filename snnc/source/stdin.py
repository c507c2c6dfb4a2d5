"""A spec from stdin, for editors and pipes."""

from __future__ import annotations

import errno
import sys

from snnc import rules
from snnc.diagnostics import Report
from snnc.source import SourceFile, Span
from snnc.source.read import decode
from snnc.source.small import LARGEST

STDIN = "-"
"""What stands for stdin among the paths of a command."""

STDIN_NAME = "<stdin>"


def read_stdin(report: Report) -> SourceFile | None:
    """Read a ``.snn`` spec from stdin, or report why that can't be done.

    Parameters
    ----------
    report
        Gets SNN703 to SNN705 if what comes is no text, too long or can't be read.

    Returns
    -------
    SourceFile or None
        Called ``<stdin>``; None if it can't be read.
    """
    nowhere = Span(SourceFile(STDIN_NAME, ""), 0, 0)
    try:
        data = _beginning()
    except OSError as error:
        report.add(
            rules.files.FileUnreadable(
                span=nowhere, name=STDIN_NAME, reason=error.strerror or str(error)
            )
        )
        return None
    if len(data) <= LARGEST:
        return decode(STDIN_NAME, data, report)
    report.add(rules.files.FileTooLarge(span=nowhere, size=len(data), limit=LARGEST))
    return None


def _beginning() -> bytes:
    """As much of stdin as tells whether it is too long."""
    if sys.stdin is None:  # so Python shows a closed one
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read(LARGEST + 1)
