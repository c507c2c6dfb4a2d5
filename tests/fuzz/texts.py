"""Draws texts that are nearly specs: fragments, damaged and merged good ones."""

import sys
from itertools import chain

from hypothesis import strategies as st

from snnc.language.keywords import CLAUSES, HEADERS, KEYS, KINDS, REFUSED, UNITS
from snnc.source import LARGEST
from tests.fuzz.mutate import mutated_text
from tests.support import ROOT

SNN, YAML = "net.snn", "net.yaml"
NAMES = st.sampled_from((SNN, YAML))

GOOD = {
    SNN: [path.read_text() for path in sorted((ROOT / "specs").glob("*.snn"))],
    YAML: [path.read_text() for path in sorted((ROOT / "specs").glob("*.yaml"))],
}
BLANKS = sorted(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
_INVISIBLE = ["\0", "\x1b", "\x7f", "\xad", "\u200b", "\u200d", "\u202e", "\ufeff"]
_WORDS = sorted({*KINDS, *KEYS, *REFUSED, *UNITS, *CLAUSES, *HEADERS, "on", "lif"})
_VALUES = ["1", "007", "2.5", "1e-3", "1e999", "9" * 30, "3x3", "0..1", "..250 Hz"]
_QUOTES = ['"a b"', '"\\n"', '"', "'a'", "\u201ca\u201d", "`", '"\\u0041"', '"\\']
_MARKS = list("{}[](),:;=#%*&!|>?@-+.\\<$~^/")
_LINES = ["\n", "\n\n", "\n  ", "# a\n", " # snnc: allow SNN309 why\n", "---\n", "- "]
_CONFLICT = ["<<<<<<< HEAD\n", "||||||| base\n", "=======\n", ">>>>>>> theirs\n"]
_STARTS = ["snn 1\n", "snn: 1\n", "network n {\n", "network: n\n", "layers:\n  - "]

_FRAGMENT = st.one_of(
    st.sampled_from(_WORDS).map(lambda word: f"{word} "),
    st.sampled_from(_WORDS).map(lambda word: f"{word}: "),
    st.sampled_from([*_VALUES, *_QUOTES, *_MARKS]),
    st.sampled_from([*_LINES, *_CONFLICT, *_STARTS]),
    st.sampled_from([*BLANKS, *_INVISIBLE]),
    st.text(max_size=3),
)
FRAGMENTS = st.lists(_FRAGMENT, min_size=1, max_size=8).map("".join)
_LONG = st.lists(_FRAGMENT, max_size=60).map("".join)


def encodable(text: str) -> str:
    """Draw a text as it is after it was written to a file and read."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@st.composite
def _merge_specs(draw: st.DrawFn, samples: list[str]) -> str:
    """Two specs as a merge leaves them: in stretches of lines, at times with marks."""
    ours, theirs = (draw(st.sampled_from(samples)).splitlines(True) for _ in "ab")
    cuts = sorted(draw(st.lists(st.integers(0, len(ours)), min_size=2, max_size=6)))
    lines = ours[: cuts[0]]
    for start, end in zip(cuts, [*cuts[1:], len(ours)], strict=True):
        one, other = ours[start:end], theirs[start:end]
        conflict = [_CONFLICT[0], *one, _CONFLICT[2], *other, _CONFLICT[3]]
        lines += draw(st.sampled_from((one, other, one + other, conflict)))
    return "".join(lines)


def texts(name: str) -> st.SearchStrategy[str]:
    """Texts for a file of a name; a few of them are specs of the other notation."""
    good = GOOD[name]
    every = list(chain.from_iterable(GOOD.values()))
    return st.one_of(
        _LONG,
        mutated_text(good, FRAGMENTS),
        mutated_text(every, FRAGMENTS),
        _merge_specs(good),
    ).map(encodable)


@st.composite
def named_texts(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a file name and its text."""
    name = draw(NAMES)
    return name, draw(texts(name))


@st.composite
def large_texts(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a file name and a text of the largest size: a part, repeated."""
    name = draw(NAMES)
    head = draw(st.one_of(st.just(""), texts(name)))
    part = encodable(draw(FRAGMENTS)) or " "
    room = LARGEST - len(head.encode())
    return name, head + part * (room // len(part.encode()))
