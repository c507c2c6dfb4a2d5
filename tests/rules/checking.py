"""Runs all passes that report rules over a text."""

import difflib
import os
import re
from collections.abc import Callable
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
from tests.support import network

FRAME = """
  {a line}
  target loihi { chips 1{target loihi} }
  timing { dt 1 ms{timing} }
  defaults { percentile 99{defaults} }
  input image 28x28x1 in 0..1
  encode conv e { kernel 1{encode} }
  conv2d c0 { filters 8{conv2d} }
  conv2d c1 { filters 8, neuron lif { {lif} } }
  downsample s0 { factor 2{downsample} }
  avgpool { window 2{avgpool} }
  dense d0 { units 16{dense} }
  readout digit { classes 10{readout} }
  train { epochs 3{train} }
"""
HOLES = re.findall(r"{(\w[^{}]*)}", FRAME)


def framed(hole: str, text: str) -> str:
    """Return the frame with a line, or a property of the statement, in a hole."""
    frame = FRAME.replace(
        f"{{{hole}}}", text if hole in ("a line", "lif") else f", {text}"
    )
    frame = frame.replace("{lif}", "tau_ref 2 ms")
    for other in HOLES:
        frame = frame.replace(f"{{{other}}}", "")
    return network(frame)


def check_text(text: str, name: str = "invalid.snn") -> Diagnostics:
    """Report everything that is wrong with the text of a spec."""
    report = Diagnostics()
    compile_spec(SourceFile(name, text), report, through="place")
    return report


def check_case(folder: Path, name: str) -> Diagnostics:
    """Check ``invalid`` or ``valid`` of a case, in the notation that it is in."""
    path = next(folder.glob(f"{name}.*"))
    return check_text(path.read_text(encoding="utf-8"), path.name)


def assert_accepted(path: Path, printed: str) -> None:
    """Compare with the accepted text of a file, or accept if that is asked for."""
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(printed, encoding="utf-8", newline="\n")
    accepted = path.read_text(encoding="utf-8")
    lines = accepted.splitlines(), printed.splitlines()
    difference = difflib.unified_diff(*lines, path.name, "printed", lineterm="")
    assert accepted == printed, "\n".join((*difference, "accept with `make accept`"))


def assert_cases_accepted(
    path: Path, good: str, answer: Callable[[str], list[str]]
) -> None:
    """Compare the answers to all cases of a file with those that it has.

    A case is an old text of a good one (`-`), a new text (`+`), and the answer, two
    blanks before each line. Without an old text, the new one is the whole text.
    """
    said = []
    for block in path.read_text(encoding="utf-8").strip("\n").split("\n\n"):
        lines = [line for line in block.split("\n") if line[:1] in ("-", "+")]
        found = answer(_seeded(good, lines))
        said.append("\n".join((*lines, *(f"  {x}".rstrip() for x in found if x))))
    assert_accepted(path, "\n\n".join(said) + "\n")


def _seeded(good: str, lines: list[str]) -> str:
    old, new = (
        "\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+"
    )
    if lines[0][0] == "+":
        return new
    assert old in good, old
    return good.replace(old, new, 1)
