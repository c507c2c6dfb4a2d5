"""Reading a spec takes few moves between files."""

from __future__ import annotations

from benchmarks.walks import compile_text, walk


def test_text_becomes_located_syntax_in_few_moves() -> None:
    counted = walk(lambda: compile_text("parse"))
    assert len(counted.files) <= 15
    assert 0 < counted.moves <= 200
