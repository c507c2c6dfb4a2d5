"""Spec files to disk."""

from __future__ import annotations

from pathlib import Path

from snnc import rules
from snnc.diagnostics import Report
from snnc.runtime.files import write_file
from snnc.source import SourceFile, Span


def replace_text(path: str | Path, text: str, report: Report) -> bool:
    r"""Replace the text of a file that exists, keeping its mode; whole or not at all.

    Parameters
    ----------
    path
        As the user typed it; what a link points at is replaced, not the link.
    text
        With ``\n`` line ends, which are written as they are.
    report
        Gets SNN723 if the file can't be written.

    Returns
    -------
    bool
        Whether the file was written.
    """
    try:
        write_file(path, text)
    except OSError as error:
        name = Path(path).as_posix()
        reason = error.strerror or str(error)
        nowhere = Span(SourceFile(name, ""), 0, 0)
        report.add(rules.output.CannotRewrite(span=nowhere, path=name, reason=reason))
        return False
    return True
