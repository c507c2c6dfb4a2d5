"""Draw specs that compile, over all that the language can say.

A drawn spec is text, so that a network goes the way of a user's: parsed, checked,
mapped and emitted. Sizes are known while it is written, so that few are refused.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from snnc.passes import Compilation
from tests.agreement.features import features_of
from tests.agreement.paper import CORE, Paper, dims
from tests.agreement.pieces import PIECES, conv, dense, encoder, wide_dense
from tests.support import compile_text

Body = Callable[[str, Compilation], None]
Piece = Callable[[Paper], None]

MOST_SIDE = {1: 30, 2: 10, 3: 6}
RANGES = ("0..1", "-1..1", "0..1 as 0..3", "-4..2", "0..255 as -1..2")
DRAWS = 8
"""Specs to draw per spec wanted: many have the same features, some are refused."""


def drawing_settings(count: int) -> settings:
    """Return the settings of Hypothesis that draw so many examples."""
    return settings(
        max_examples=count,
        database=None,
        deadline=None,
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


def specs(room: int = CORE, pieces: Sequence[Piece] = PIECES) -> st.SearchStrategy[str]:
    """Return a strategy for specs whose choices Hypothesis draws and shrinks."""
    randoms = st.randoms(use_true_random=False)
    return randoms.map(lambda random: write_spec(random, room=room, pieces=pieces))


def draw_spec(seed: int) -> str:
    """Return the text of a small network called ``drawn<seed>``."""
    return write_spec(Random(seed), f"drawn{seed}", small=True)


def name_of(text: str) -> str:
    """Return the name of a spec's network."""
    return text.split()[3]


def draw_specs(count: int, words: Sequence[str] = (), first: int = 0) -> Iterator[str]:
    """Yield small sound specs; each has one of some words, in turn."""
    found = 0
    for text in map(draw_spec, itertools.count(first)):
        if found == count:
            return
        has_word = not words or words[found % len(words)] in text
        if has_word and not compile_text(text, "place")[1].errors:
            found += 1
            yield text


def write_spec(
    random: Random,
    name: str = "drawn",
    room: int = CORE,
    small: bool = False,
    pieces: Sequence[Piece] = PIECES,
) -> str:
    """Draw a network with one to six layers on the chip.

    Its blocks have at most ``room`` neurons. Where that is more than a core holds, the
    input is as large as it can be. A ``small`` network has few layers with few filters.
    """
    rank = random.choice([1, 1, 2, 2, 3, 3, 3] if pieces is PIECES else [2])
    least = 3 if room == CORE else MOST_SIDE[rank]
    sides = [random.randint(least, MOST_SIDE[rank]) for _ in range(rank)]
    shape = (*sides, random.randint(1, 3))
    paper = Paper(random, shape, random.choice(RANGES), room=room, small=small)
    head = _head(paper)
    if not small and paper.one_of(True, False, False, False, False, False):
        wide_dense(paper)
    else:
        _body(paper, pieces)
    if paper.one_of(True, False, False, False):
        paper.host = True
        dense(paper)
    readout = f"readout y {{ {paper.one_of('classes 3', 'units 2')} }}"
    body = "".join(f"  {line}\n" for line in (*head, *paper.lines, readout))
    return f"snn 1\n\nnetwork {name} {{\n{body}}}\n"


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
    for _ in range(1 if paper.small else paper.size(1, 3)):
        paper.one_of(*pieces)(paper)
    for _ in range(paper.one_of(0, 1) if paper.small else paper.one_of(0, 1, 2)):
        dense(paper)
