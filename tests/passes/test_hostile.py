"""Hostile and absurd texts end in diagnostics, soon."""

import pytest

from snnc.source import LARGEST
from tests.fuzz.harness import processor_time
from tests.support import codes

SOON = 5.0  # seconds of this process's own time, for a text as large as any may be

HEAD = """snn 1

network net {
  target nengo
  input image 8x8x1 in 0..1
  encode rate e
"""
TAIL = "  readout y { classes 2 }\n}\n"


def fill(text: str, head: str = HEAD) -> str:
    return (head + text * (LARGEST // len(text)))[:LARGEST]


FLOODS = {
    "words": fill("a "),
    "braces": fill("{", ""),
    "nested blocks": fill("a b { "),
    "quotes": fill('"', ""),
    "unknown characters": fill("@ ", ""),
}
SINGLE = {
    "zeros": ("\0" * LARGEST, "SNN109"),
    "digits": (HEAD + "9" * LARGEST, "SNN114"),
    "a string": (HEAD + '  about "' + "\\" * LARGEST, "SNN103"),
    "dims": (HEAD + "  dense a { units " + "9x" * 1000 + "9 }\n" + TAIL, "SNN205"),
    "times": (HEAD + "  timing { present 1e300 s }\n" + TAIL, "SNN206"),
    "short times": (HEAD + "  timing { dt 1e-300 s }\n" + TAIL, "SNN206"),
    "classes": (HEAD + "  readout y { classes 2000000000 }\n}\n", "SNN206"),
    "units": (HEAD + "  dense d { units 9999999999999 }\n" + TAIL, "SNN206"),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_one_diagnostic(flood: str) -> None:
    with processor_time(SOON):
        assert codes(FLOODS[flood]) == ["SNN121"]


@pytest.mark.parametrize("name", SINGLE)
def test_an_absurd_value_is_reported(name: str) -> None:
    text, code = SINGLE[name]
    with processor_time(SOON):
        assert code in codes(text)


def test_a_network_far_too_large_for_its_chips_is_refused_at_once() -> None:
    head = HEAD.replace("target nengo", "target loihi").replace(
        "8x8x1", "99999x64x64x1"
    )
    with processor_time(SOON):
        assert codes(head + "  conv3d a { filters 2 }\n" + TAIL) == ["SNN406", "SNN415"]
