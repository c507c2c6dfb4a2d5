"""The language server answers for the current text, whatever the user types."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.language_server.analysis import (
    MOST_PLANS,
    Analysis,
    Memory,
    analyse,
)
from snnc.language_server.buffers import Buffer, as_sent, offset_in, position_of
from snnc.language_server.completion import completions_at
from snnc.language_server.fixing import remedies
from snnc.language_server.hover import hints
from snnc.language_server.reading import coloured_words, folding, hover, symbols
from snnc.language_server.server import Request
from snnc.language_server.word_roles import uses_at, words_of
from snnc.language_server.writing import layout
from snnc.loihi.profile import read_profile
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.yaml.printer import print_yaml
from tests.fuzz.harness import fuzz, processor_time, seed_paths
from tests.support import network

pytestmark = pytest.mark.slow

SNN = network(
    """
    about "A net, \N{BRAIN} and all."
    target loihi { cores 9 }
    input i 8x8x4 in 0..1  # \N{GREEK SMALL LETTER ALPHA}
    encode conv e { filters 4 }
    conv2d a { filters 4, padding same }
    conv2d b {
      filters 4  # as many as a
      padding same
      shortcut a
      block 4x4x4
    }
    add s from a, b
    maxpool m { window 2 }
    avgpool
    dense d { units 4, neuron lif { tau_rc 20 ms } }
    readout y { classes 2 }
    """
)
YAML = print_yaml(parse(SourceFile("net.snn", SNN), Diagnostics()))
STARTS = {"net.snn": SNN, "net.yaml": YAML}
LONGEST = 30.0
EDITS = 20
"""Edits of one example; 13 examples in both notations are 520 edits."""
DEVICE = read_profile()
CODEC = PositionCodec()
MEMORY = Memory(DEVICE)
"""One for all examples, as a server has one for all texts."""

MARKS = ["", " ", "\n", "{", "}", "[", ",", ":", "#", '"', "  - ", "..", "-", "x", "&a"]
PIECES = ["conv2d", "dense z ", "filters 9999", "from a", "maxpool", "softmax", "snn 1"]
LETTERS = ["\N{BRAIN}", "\x0c", "\u2028", "\r", "é", "4", "ms", "a", "block 1x1x1"]
WORDS = st.sampled_from([*MARKS, *PIECES, *LETTERS, "network: x"])


@dataclass(frozen=True)
class Edit:
    """Where something is replaced, as shares of the text, and by what."""

    start: float
    length: int
    text: str


EDIT = st.builds(Edit, st.floats(0, 1), st.sampled_from([0, 0, 0, 1, 2, 9, 80]), WORDS)


def apply_edit(buffer: Buffer, edit: Edit) -> Buffer:
    """Make an edit as a client sends it."""
    source = buffer.source
    start = round(edit.start * len(source.text))
    end = min(start + edit.length, len(source.text))
    place = types.Range(
        position_of(source, start, CODEC), position_of(source, end, CODEC)
    )
    change = types.TextDocumentContentChangePartial(place, edit.text)
    after = buffer.edit([change], buffer.version + 1, CODEC)
    new = edit.text.replace("\r", "\n")
    assert after.source.text == source.text[:start] + new + source.text[end:]
    return after


def ask_all(found: Analysis, offset: int) -> None:
    """Ask for all that a client may; what comes is inside of the text."""
    source = found.source
    for diagnostic in found.diagnostics:
        as_sent(diagnostic, "file:///net", CODEC)
    for at, _ in hints(found):
        assert 0 <= at <= len(source.text)
    place = position_of(source, offset, CODEC)
    server: Any = SimpleNamespace(codec=CODEC)
    request = Request(server, found, SimpleNamespace(position=place))
    hover(request)
    assert all(symbols(request))
    for fold in folding(request):
        assert 0 <= fold.start_line < fold.end_line < source.line_count
    end = 0
    for span, _ in coloured_words(found.document):
        assert end <= span.start < span.end
        assert span.first.line == span.last.line
        end = span.end
    completions_at(source, offset)
    uses_at(found.document, offset)
    for mark in words_of(found.document):
        assert mark.span.source is source
    layout(source)
    assert offset_in(source, place, CODEC) == offset


def diagnostics_of(report: Diagnostics) -> list[tuple[object, ...]]:
    return [
        (d.code, d.span.start, d.span.end, d.message, d.help)
        for d in report.diagnostics
    ]


def check_analysis(source: SourceFile, offset: int) -> None:
    """Analyse a text by what is known of others: it is what `snnc check` says."""
    *_, found = analyse(source, DEVICE, MEMORY)
    assert found.settled
    ask_all(found, offset)
    fresh = Diagnostics()
    made = compile_spec(source, fresh, "place", DEVICE)
    settled = Diagnostics()
    settled.extend(found.diagnostics)
    assert diagnostics_of(settled) == diagnostics_of(fresh)
    assert (made.mapped is None) == (found.compilation.mapped is None)
    if made.mapped is not None and found.mapped is not None:
        assert made.mapped.cores == found.mapped.cores
    for remedy in remedies(found, offset, offset):
        assert all(edit.span.source is source for edit in remedy.edits)


@pytest.mark.parametrize("name", STARTS)
@given(edits=st.lists(EDIT, min_size=EDITS, max_size=EDITS), at=st.floats(0, 1))
@fuzz(13)
def test_random_edits(name: str, edits: list[Edit], at: float) -> None:
    buffer = Buffer(f"file:///{name}", 0, SourceFile(name, STARTS[name]))
    for edit in edits:
        buffer = apply_edit(buffer, edit)
        if len(buffer.source.text) > 4 * len(STARTS[name]):
            return
        with processor_time(LONGEST):
            check_analysis(buffer.source, round(at * len(buffer.source.text)))


@seed_paths("language_server")
def test_what_failed_once(path: Path) -> None:
    source = SourceFile(path.name, path.read_text(encoding="utf-8"))
    for offset in range(len(source.text) + 1):
        completions_at(source, offset)
    check_analysis(source, len(source.text) // 2)


def test_what_is_known_is_bounded() -> None:
    memory = Memory(DEVICE)
    known = []
    for size in range(5, 105, 2):  # other layers in each text
        text = SNN.replace("8x8x4", f"{size}x{size}x4").replace("cores 9", "cores 128")
        next(analyse(SourceFile("net.snn", text), DEVICE, memory))
        known.append(len(memory.plans_for(DEVICE).choices))
    assert max(known) <= MOST_PLANS
    assert known != sorted(known)  # it was full, and began again
