"""Any device file is refused by name, or networks are placed on the device."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics.diagnostic_text import render
from snnc.ir.device import Profile
from snnc.loihi import profile
from snnc.verbs.limits import limits_of
from snnc.verbs.report.summary import report_of
from tests.fuzz.harness import fuzz, processor_time
from tests.fuzz.mutate import mutated_bytes, mutated_text
from tests.fuzz.runs import NET
from tests.support import compile_text

pytestmark = pytest.mark.slow

LONGEST = 10.0
GOOD = (profile.HERE / "loihi1.toml").read_text(encoding="utf-8")
NUMBERS = [match.span() for match in re.finditer(r"(?<== )[\d.]+$", GOOD, re.MULTILINE)]
VALUES = [
    "0",
    "1",
    "2",
    "7",
    "63",
    "1000000000",
    "1e9",
    "-1",
    "0.5",
    "inf",
    "nan",
    "9" * 5000,
]
WORDS = st.sampled_from(
    [*VALUES, "[", "]", '"', "'''", "=", "[core]", "\n", "#", "\0", "é"]
)


@st.composite
def resize_numbers(draw: st.DrawFn) -> str:
    """Draw a valid file with up to six numbers changed."""
    chosen = draw(st.sets(st.sampled_from(NUMBERS), max_size=6))
    text = GOOD
    for start, end in sorted(chosen, reverse=True):
        small = st.integers(1, 4096).map(str)
        text = text[:start] + draw(small | st.sampled_from(VALUES)) + text[end:]
    return text


FILES = st.one_of(
    resize_numbers().map(str.encode),
    mutated_text([GOOD], WORDS).map(lambda text: text.encode("utf-8", "replace")),
    mutated_bytes([GOOD.encode()]),
)


@fuzz(100)
@given(data=FILES)
def test_device_files_are_read_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    profile.read_profile.cache_clear()
    with processor_time(LONGEST):
        try:
            device = profile.read_profile(str(file))
        except profile.ProfileError as error:
            said = str(error)
        else:
            assert all(
                line.isprintable() for line in str(limits_of(device)).split("\n")
            )
            place(device)
            return
    assert said.startswith(str(file))
    assert len(said) < 1000


def place(device: Profile) -> None:
    """Place a network on the device, and say what it takes."""
    made, report = compile_text(NET, "route", device)
    render(report.diagnostics)
    if made.routed is None:
        assert report.errors
        return
    costs = report_of(made.routed).explained()
    json.dumps(costs.as_dict(), allow_nan=False)
    assert str(costs)
