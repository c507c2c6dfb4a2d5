"""Whether a stream gets colours, and what is painted on what people read.

https://no-color.org comes first, then https://force-color.org, then what the stream is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TextIO

ESCAPES = re.compile(r"\x1b\[[\d;]*m")
Paint = Callable[[str], str]
"""Colours one line, which is printable already."""

BOLD, RED, GREEN, YELLOW, BLUE, CYAN = "1", "31", "32", "33", "34", "36"
_TOTAL = re.compile(r"\w+: \d+ neurons?\b")
_FULL = re.compile(r"\b(?:9\d|100) %")
_SIGN = re.compile(r"  ([-+~>=]) ")
_SIGNS = {"-": RED, "+": GREEN, "~": YELLOW, ">": CYAN, "=": BLUE}
_UNIFIED = {"---": BOLD, "+++": BOLD, "@@": CYAN, "-": RED, "+": GREEN}


def wants_colour(stream: TextIO) -> bool:
    """Whether a stream of the command line gets colours."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text else text


def unified_diff(line: str) -> str:
    """Colour a line of a unified diff."""
    for start, code in _UNIFIED.items():
        if line.startswith(start):
            return painted(line, code)
    return line


def difference(line: str) -> str:
    """Colour a line of `snnc diff`: titles, and the signs of what changed."""
    if line and not line.startswith(" "):
        return painted(line, BOLD)
    found = _SIGN.match(line)
    if found is None:
        return line
    return f"  {painted(found[1], f'{BOLD};{_SIGNS[found[1]]}')} {line[found.end() :]}"


def report(line: str) -> str:
    """Colour a line of `snnc report`: heads, the total, what is nearly full."""
    if line.startswith("layer ") or _TOTAL.match(line):
        return painted(line, BOLD)
    if line.startswith("note: "):
        return painted(line, YELLOW)
    return _FULL.sub(lambda found: painted(found[0], YELLOW), line)
