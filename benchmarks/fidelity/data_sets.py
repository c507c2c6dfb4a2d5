"""The data sets of the networks, by their names on the command line."""

from __future__ import annotations

from benchmarks.fidelity.characters import characters
from benchmarks.fidelity.patches import patches
from benchmarks.fidelity.series import power, vowels
from benchmarks.study.data import drift, fashion, mnist

DATA = {
    "mnist": mnist,
    "fashion": fashion,
    "drift": drift,
    "characters": characters,
    "patches": patches,
    "power": power,
    "vowels": vowels,
}
