"""Weights files: what they hold, whether a network takes them, and so does the chip.

`header` reads without numpy; the rest computes with it, and is imported when used.
Begin at `inspect`. Imports `diff`, of which it has the specs of git, and what is below.
"""
