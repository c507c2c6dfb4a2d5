"""`tools/check_prose.py`, which `make check` runs on the repository."""

from pathlib import Path

import pytest

from tools import check_prose


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("The chip has no ELU neurons, and there is no other way.", 0),
        ("Elu is no neuron of the chip.", 1),
        ("The layers behind it, `behind` in code.", 1),
        ("One block a core, and 20 spikes an example.", 2),
        ("What is lost is lost in the readout.", 1),
        ("What does `maxpool` cost? It costs neurons.", 0),
        ("The error is 0.05, give or take 0.07.", 1),
    ],
)
def test_a_phrase_is_found(text: str, hits: int) -> None:
    count = check_prose.Count()
    count.add("here", text)
    assert len(count.hits) == hits


def test_sentences_are_measured() -> None:
    count = check_prose.Count()
    count.add("here", "One two three four. One two\nthree four five.\n\n- a b c d e")
    assert count.sentences == [4, 5, 5]


def test_code_of_a_page_is_not_prose(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Read this.\n\n```\nbehind\n```\n\n    beside\n", "utf-8")
    ((line, text),) = check_prose.prose_of(page)
    assert line == 1
    assert text.split() == ["Read", "this."]


def test_docstrings_comments_and_messages_are_prose(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text(
        '"""A docstring of four words."""\n'
        'message = "the value is too large"  # a comment of four words\n'
        'key = "name"\n',
        "utf-8",
    )
    assert list(check_prose.prose_of(code)) == [
        (1, "A docstring of four words."),
        (2, "the value is too large"),
        (2, "a comment of four words"),
    ]
