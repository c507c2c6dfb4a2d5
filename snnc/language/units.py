"""The units of times and rates, with how many of each make one second or one hertz."""

from __future__ import annotations

SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000}
HERTZ = {"Hz": 1}
UNITS = frozenset((*SECONDS, *HERTZ))
