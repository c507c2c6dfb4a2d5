"""Hypothesis strategies for specs that compile, over all that the language can say.

A drawn spec is text, so that a network goes the way of a user's: parsed, checked,
mapped and emitted. Sizes are known while it is written, so that few are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from snnc.passes import Compilation
from tests.agreement.features import features_of
from tests.agreement.paper import CORE, Draw, Paper, dims
from tests.agreement.pieces import PIECES, conv, dense, encoder, wide_dense
from tests.support import compile_text

Body = Callable[[str, Compilation], None]
Piece = Callable[[Paper], None]

MOST_SIDE = {1: 30, 2: 10, 3: 6}
RANGES = ("0..1", "-1..1", "0..1 as 0..3", "-4..2")
DRAWS = 8
"""Specs to draw per spec wanted: many have the same features, some are refused."""


def drawing_settings(count: int) -> settings:
    """Return the settings of Hypothesis that draw so many examples."""
    return settings(
        max_examples=count,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def each_spec(
    body: Body, count: int, start: int = 0, pieces: Sequence[Piece] = PIECES
) -> None:
    """Compile ``count`` specs that follow from ``start``, and look at each.

    No two of them have the same features: Hypothesis likes to draw similar specs,
    and one of each kind is enough.

    Parameters
    ----------
    body
        Gets the text and what the passes made of it. If it raises, Hypothesis looks
        for the smallest spec that makes it raise.
    """
    passed: set[frozenset[str]] = set()
    failing: set[str] = set()

    @seed(start)
    @drawing_settings(DRAWS * count)
    @given(specs(pieces=pieces))
    def look(text: str) -> None:
        if len(passed) >= count and not failing:
            return
        results, report = compile_text(text, "place")
        if report.errors or features_of(results.mapped) in passed:
            return
        failing.add(text)
        body(text, compile_text(text)[0])
        failing.remove(text)
        passed.add(features_of(results.mapped))

    look()


@st.composite
def specs(draw: Draw, room: int = CORE, pieces: Sequence[Piece] = PIECES) -> str:
    """Draw a network called ``drawn`` with one to six layers on the chip.

    Its blocks have at most ``room`` neurons. Where that is more than a core holds, the
    input is as large as it can be.
    """
    ranks = [1, 1, 2, 2, 3, 3, 3] if pieces is PIECES else [2]
    rank = draw(st.sampled_from(ranks))
    least = 3 if room == CORE else MOST_SIDE[rank]
    side = st.integers(least, MOST_SIDE[rank])
    shape = (*(draw(side) for _ in range(rank)), draw(st.integers(1, 3)))
    paper = Paper(draw, shape, draw(st.sampled_from(RANGES)), room=room)
    head = _head(paper)
    if paper.one_of(True, False, False, False, False, False):
        wide_dense(paper)
    else:
        _body(paper, pieces)
    if paper.one_of(True, False, False, False):
        paper.host = True
        dense(paper)
    lines = [
        *head,
        *paper.lines,
        f"readout y {{ {paper.one_of('classes 3', 'units 2')} }}",
    ]
    return "snn 1\n\nnetwork drawn {\n" + "".join(f"  {x}\n" for x in lines) + "}\n"


def _head(paper: Paper) -> list[str]:
    pop = paper.one_of("auto", "auto", "32")
    return [
        f"target loihi {{ chips 8, pop {pop} }}",
        "timing { present 10 ms }",
        f"input x {dims(paper.shape)} in {paper.range}",
    ]


def _body(paper: Paper, pieces: Sequence[Piece]) -> None:
    encoder(paper)
    if paper.one_of(True, False, False, False):
        paper.host = True
        conv(paper)
        paper.host = False
    for _ in range(paper.size(1, 3)):
        paper.one_of(*pieces)(paper)
    for _ in range(paper.one_of(0, 1, 2)):
        dense(paper)
