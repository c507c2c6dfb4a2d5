"""Reading takes time in proportion to the text, whatever the text repeats.

Twice the text is twice the work, counted in calls; what regular expressions do within
one call is bounded by the time that a large file takes.
"""

import sys
from dataclasses import dataclass
from types import FrameType

import pytest

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.driver import compile_spec
from snnc.source import LARGEST, SourceFile
from tests.fuzz.harness import processor_time

SNN = "snn 1\nnetwork n {\n"
READ = f"{SNN}input x 8x8x1 in 0..1\nencode rate e\n"
YAML = "snn: 1\nnetwork: n\n"
LAYERS = f"{YAML}layers:\n"


@dataclass(frozen=True)
class Repeated:
    """A text with a part that can be repeated; ``{}`` in it stands for a number."""

    head: str
    part: str
    tail: str = ""

    def times(self, count: int) -> str:
        parts = (self.part.replace("{}", str(i)) for i in range(count))
        return f"{self.head}{''.join(parts)}{self.tail}"


CASES = {
    "snn": {
        "ideographic spaces": Repeated("", "\u3000"),
        "tabs": Repeated("", "\t"),
        "blank lines": Repeated("", " \n"),
        "comments, indented": Repeated("", "  # a\n"),
        "words": Repeated("", "a "),
        "keys": Repeated(f"{SNN}conv2d ", "filters "),
        "keys, closed": Repeated(f"{SNN}conv2d a ", "filters ", "}\n}"),
        "a block far below": Repeated(f"{SNN}conv2d a", "\n", "{"),
        "brackets in a text": Repeated(f'{SNN}about "', "]", "x"),
        "blanks in brackets": Repeated(f"{SNN}conv2d c {{ kernel (1", " ", "z"),
        "blanks in a range": Repeated(f"{SNN}input a 1 in [0,", " ", "z"),
        "dots in a range": Repeated(f"{SNN}input a 1 in [0 ", ".", "z"),
        "blanks behind adam": Repeated(f"{SNN}train {{ optimizer adam", " ", "z"),
        "a name with hyphens": Repeated(f"{SNN}conv2d a", "-a", "?"),
        "digits": Repeated(f"{SNN}conv2d a {{ l2 0.", "3", " }\n}"),
        "dims": Repeated(f"{SNN}conv2d a {{ kernel ", "1x", "1y }\n}"),
        "properties": Repeated(f"{SNN}conv2d a {{", " k{} 1", " }\n}"),
        "a property again": Repeated(f"{SNN}conv2d a {{", " bias on", " }\n}"),
        "nested properties": Repeated(f"{SNN}conv2d a {{", " b [ ]", " }\n}"),
        "labels": Repeated(f"{SNN}readout y {{ classes [", "a{} ", "] }\n}"),
        "a source again": Repeated(f"{READ}add from ", "e, ", "e\n}"),
        "unknown sources": Repeated(f"{READ}add from ", "a{}, ", "e\n}"),
        "layers without names": Repeated(READ, "avgpool { window 1 }\n", "}"),
        "layers that nothing reads": Repeated(READ, "dense c{} from e { units 1 }\n"),
        "open texts": Repeated(SNN, 'x "x\n', "}"),
        "allowances of nothing": Repeated(SNN, "# snnc: allow SNN309 x\n", "}"),
        "allowances beside": Repeated(SNN, "add # snnc: allow SNN309 x\n", "}"),
        "wrong allowances": Repeated(SNN, "# snnc: x\n", "}"),
        "items of a list": Repeated(SNN, "- conv2d: {name: a}\n", "}"),
        "lines of an item": Repeated(f"{SNN}- conv2d:\n", "  k{}: 1\n", "}"),
        "arrows": Repeated(f"{SNN}conv2d a", " -> a"),
        "arrows, each on a line": Repeated(SNN, "a -> b\n", "}"),
        "loops": Repeated(SNN, "repeat 3 {\nconv2d a\n}\n", "}"),
        "loops within loops": Repeated(SNN, "repeat 3 {\n", "conv2d a"),
        "variables": Repeated(SNN, "let a = 3\n", "}"),
        "a sum": Repeated(f"{SNN}conv2d a {{ filters 1", "+1", "z }\n}"),
        "other quotes": Repeated(f"{SNN}about ", "\u201ca\u201d "),
        "open quotes": Repeated(f"{SNN}about ", "\u201c "),
        "marks of merges": Repeated("", "<<<<<<< a\n"),
        "ends of merges": Repeated(SNN, ">>>>>>> a\n", "<<<<<<< b\n"),
    },
    "yaml": {
        "tabs": Repeated("", "\t"),
        "comments, indented": Repeated("", "  # a\n"),
        "aliases, flat": Repeated(f"{YAML}layers: [", "*a, ", "]"),
        "anchors": Repeated(YAML, "a{}: &a\n"),
        "tags": Repeated(LAYERS, "- !t b\n"),
        "unknown keys": Repeated(YAML, "a{}: b\n"),
        "unknown layers": Repeated(LAYERS, "- a: b\n"),
        "unknown properties": Repeated(f"{LAYERS}- conv2d:\n", "    k{}: 1\n"),
        "tuples": Repeated(f"{LAYERS}- conv2d:\n", "    k{}: (1, 1)\n"),
        "blanks in brackets": Repeated(f"{LAYERS}- conv2d: {{kernel: (1", " ", "z}\n"),
        "layers without names": Repeated(f"{LAYERS}", "- avgpool\n"),
        "labels": Repeated(f"{YAML}readout: {{classes: [", "a{}, ", "]}"),
        "sources": Repeated(f"{LAYERS}- add: {{from: [", "a{}, ", "]}"),
        "sizes": Repeated(f"{YAML}input: {{shape: [", "{}, ", "]}"),
        "line ends in a name": Repeated(f'{YAML}input: {{name: "', "\\n", 'a"}'),
        "a text of many lines": Repeated(f"{YAML}about: |\n", "  x\n"),
        "dashes": Repeated(LAYERS, "- "),
        "bare keys": Repeated(f"{LAYERS}- add: {{from: a, ", "a{}, ", "}"),
        "a tuple, open": Repeated(f"{LAYERS}- conv2d: {{kernel: (1, ", "1{}, ", "}"),
        "uneven indents": Repeated(LAYERS, " - a\n  - b\n"),
        "allowances of nothing": Repeated(LAYERS, "# snnc: allow SNN309 x\n", "- a"),
        "allowances beside": Repeated(LAYERS, "- avgpool # snnc: allow SNN309 x\n"),
    },
}
EVERY = [
    pytest.param(f"net.{end}", text, id=f"{end}, {what}")
    for end, cases in CASES.items()
    for what, text in cases.items()
]


def check(name: str, text: str) -> None:
    report = Diagnostics()
    compile_spec(SourceFile(name, text), report, through="verify")
    assert render(report.diagnostics)


def calls(name: str, text: str) -> int:
    """Return how many functions a check calls, C functions included."""
    count = 0

    def count_call(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(count_call)
    try:
        check(name, text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), EVERY)
def test_time_is_linear_in_the_length_of_the_text(name: str, text: Repeated) -> None:
    for n in (0, 1):
        check(name, text.times(n))  # what is loaded and made once is not counted
    none, once, twice = (calls(name, text.times(n)) for n in (0, 150, 300))
    assert twice - none <= 2.2 * (once - none) + 500
    large = LARGEST // 8 // len(text.part.replace("{}", "12345").encode())
    with processor_time(2.5):
        check(name, text.times(large))


def test_time_is_linear_in_repeated_sums_of_averages() -> None:
    doubled = (
        f"avgpool p{i} from a{i - 1} {{ window 1 }}\nadd a{i} from a{i - 1}, p{i}\n"
        for i in range(1, 31)
    )
    layers = f"conv2d a0 {{ filters 2, neuron lif }}\n{''.join(doubled)}"
    with processor_time(5):
        check("net.snn", f"{READ}{layers}readout y {{ classes 2 }}\n}}\n")
