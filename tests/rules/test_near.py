"""Of equally near words a hint names the first in the order of the language."""

from __future__ import annotations

import pytest

from snnc.language import tree
from snnc.rules.names import UnknownKind
from snnc.source import SourceFile, Span
from snnc.vocabulary.foreign_keywords import unknown_kind


@pytest.mark.parametrize(
    ("word", "near"),
    [("convxd", "conv1d"), ("depthwisexd", "depthwise1d"), ("conv_xd", "conv1d")],
)
def test_the_first_of_equally_near_kinds_is_named(word: str, near: str) -> None:
    span = Span(SourceFile("a.snn", word), 0, len(word))
    problem = unknown_kind(tree.Statement(tree.Word(word, span), span))
    assert isinstance(problem, UnknownKind)
    assert problem.near == near
