"""Each advised number works: a spec with it has no error."""

import re
from collections.abc import Iterable

import pytest

from snnc.diagnostics import Diagnostic
from snnc.loihi import search
from tests.fit.nets import far_reaching, layers, wide
from tests.support import codes, compile_text

CLIP = "8x10x10x2"

# Specs that don't fit, by their problem.
UNFIT = {
    "too wide": wide(filters=200, cores=20),
    "fan-in": far_reaching(),
    "fan-in, which mended takes too many cores": layers(
        "conv2d a { filters 64 }",
        "dense d { units 8 }",
        shape="48x48x1",
        target="cores 7",
    ),
    "a dense layer that takes most": layers(
        "conv2d a { filters 64 }",
        "conv2d b { filters 64 }",
        "conv2d c { filters 128, stride 2 }",
        "dense d { units 512 }",
    ),
    "far more cores than neurons": layers(
        "conv2d a { filters 64, padding same }",
        "conv2d b { filters 64, kernel 5, padding same }",
        target="cores 60",
    ),
    "two too large layers": layers(
        "conv2d a { filters 96, padding same }",
        "conv2d b { filters 96, padding same }",
        shape="64x64x2",
    ),
    "many chips": layers(
        "conv2d a { filters 32, stride 2 }",
        "conv2d b { filters 64, stride 2 }",
        shape="128x128x3",
        target="chips 2, cores 130",
    ),
    "more cores than chips have": layers(
        "conv2d a { filters 64, padding same }", target="cores 140"
    ),
    "more cores, and not enough": layers(
        "conv2d a { filters 192, padding same }", target="cores 140"
    ),
    "more cores than are needed": layers("conv2d a { filters 8 }", target="cores 200"),
    "block of another rank": layers("conv2d a { filters 16, block 8x8 }"),
    "block of a convolution in time": layers(
        "conv3d a { filters 16, block 4x4x4 }", shape=CLIP
    ),
    "block of a convolution in one dimension": layers(
        "conv1d a { filters 16, block 4x4x4 }", shape="64x2"
    ),
    "block larger than the layer": layers("conv2d a { filters 16, block 40x40x16 }"),
    "block larger than the layer, and than a core": layers(
        "conv3d a { filters 16, block 6x8x8x97 }", shape=CLIP
    ),
    "block larger than a core": layers(
        "conv3d a { filters 16, block 6x8x8x96 }", shape=CLIP
    ),
    "block that fits and takes too many cores": layers(
        "conv2d a { filters 64, block 40x40x64 }", target="cores 60"
    ),
    "two blocks": layers(
        "conv2d a { filters 16, block 40x40x16 }",
        "conv2d b { filters 16, block 8x8 }",
    ),
    "block that takes extra cores": layers(
        "conv3d a { filters 16, kernel 1x3x3, block 8x1x1x16 }", shape="8x3x3x2"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_who_writes_what_is_told_has_no_problem(text: str) -> None:
    _, report = compile_text(text, "place")
    problems = [found for found in report.diagnostics if found.code != "SNN415"]
    told = [list(choices(found)) for found in problems]
    assert all(told), [found.help for found in problems]
    for choice in range(max(map(len, told))):
        mended = text
        for found in told:
            mended = change_property(mended, *found[min(choice, len(found) - 1)])
        # These warnings are about a board, and were told together with the change.
        assert set(codes(mended)) <= foretold(report.diagnostics), mended


def foretold(diagnostics: Iterable[Diagnostic]) -> set[str]:
    """Return the warnings that a note or another diagnostic has foretold."""
    listed = list(diagnostics)
    notes = " ".join(note for found in listed for note in found.notes)
    said = set(re.findall(r"snnc: allow (SNN\d+)", notes))
    return said | {found.code for found in listed if found.code == "SNN415"}


def choices(found: Diagnostic) -> list[tuple[str, str]]:
    """Return what can be written, each with the word that begins its line."""
    text, here = found.help, _statement(found)
    parts = text.removesuffix(", so that this layer fits on a core").split(", or ")
    told = []
    for part in parts:
        place = re.search(r" in `(\w+)`$", part)
        name = place[1] if place else here
        snippets = re.findall(r"`(\w+ \d[^`]*)`", part)
        told += [(name, snippet) for snippet in snippets]
    return told


def _statement(found: Diagnostic) -> str:
    text, start = found.span.source.text, found.span.start
    line = text[text.rfind("\n", 0, start) + 1 :].split()
    return line[0] if line[0] == "target" else line[1]


def change_property(text: str, name: str, snippet: str) -> str:
    """Return the text with other properties in one statement."""
    lines = text.splitlines()
    begins = re.compile(rf"\s*(\w+ )?{name}\b")
    at = next(i for i, line in enumerate(lines) if begins.match(line))
    for part in snippet.split(", "):
        key = part.split()[0]
        new = re.sub(rf"\b{key} [^,}} ]+", part, lines[at])
        lines[at] = new if key in lines[at] else lines[at].replace("{ ", f"{{ {part}, ")
    return "\n".join(lines) + "\n"


def test_layers_around_a_max_pool_are_advised_as_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A max pool is several populations, which a spec can't name."""
    monkeypatch.setattr(search, "PATIENCE", 1000)
    monkeypatch.setattr(search, "WORK", 1000)
    text = layers(
        "conv2d a { filters 512, padding same }",
        "maxpool m",
        "dense d { units 4096 }",
        shape="8x8x8",
        target="chips 768",
    )
    _, report = compile_text(text, "place")
    found, recorded = report.diagnostics
    assert recorded.code == "SNN415"
    assert found.code == "SNN405"
    assert found.help == (
        "write `units 4095` in `d`, or `filters 511` or `stride 2` in `a`"
    )
