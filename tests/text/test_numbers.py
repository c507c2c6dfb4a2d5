"""Numbers and tables as text."""

from __future__ import annotations

import subprocess
import sys

import pytest

from snnc.text.tables import align, counted, human, percent


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "", "0"),
        (9.6, "", "9.6"),
        (999.4, "", "999"),
        (999.6, "", "1.00 k"),
        (85_800, "", "85.8 k"),
        (1e6, "", "1.00 M"),
        (7.5e13, "", "7.50e+04 G"),
        (16.9e-6, "J", "16.9 uJ"),
        (2.5e-15, "J", "0.00250 pJ"),
        (1, "J", "1 J"),
    ],
)
def test_numbers_have_three_digits_and_a_prefix(
    value: float, unit: str, text: str
) -> None:
    assert human(value, unit) == text


def test_columns_stand_on_their_sides() -> None:
    rows = [("layer", "rate"), ("c0", "7 Hz"), ("longest", "150 Hz"), ("x", "")]
    assert align(rows, "<>") == [
        "layer      rate",
        "c0         7 Hz",
        "longest  150 Hz",
        "x",
    ]


def test_shares_and_counts_have_words() -> None:
    assert percent(0.12345) == "12.3 %"
    assert [counted(n, "core") for n in (0, 1, 2)] == ["0 cores", "1 core", "2 cores"]


def test_tables_load_no_numpy() -> None:
    code = "import sys, snnc.text.tables; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
