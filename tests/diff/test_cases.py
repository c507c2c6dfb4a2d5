"""Pairs of specs, and the exact texts that `snnc diff` prints for them."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from snnc.views.diff import WIDTH
from tests.diff.comparing import CASES, case_difference
from tests.rules.checking import assert_accepted


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_prints_exactly_this(case: Path) -> None:
    difference = case_difference(case)
    text, markdown = difference.text(), difference.markdown()
    assert_accepted(case / "expected.txt", text)
    assert_accepted(case / "expected.md", markdown)
    told = json.dumps(difference.as_dict(), indent=2)
    assert_accepted(case / "expected.json", f"{told}\n")
    assert max(map(len, text.splitlines())) <= WIDTH
    for above, row in pairwise(markdown.splitlines()):
        if above.startswith("|") and row.startswith("|"):
            assert _bars(row) == _bars(above)


def _bars(row: str) -> int:
    return row.replace("\\|", "").count("|")


def test_json_has_the_same_keys_for_every_pair() -> None:
    documents = [json.loads((case / "expected.json").read_text()) for case in CASES]
    weights = [document["weights"] for document in documents]
    assert len({tuple(document) for document in documents}) == 1
    assert len({tuple(each) for each in weights}) == 1
    verdicts = {each["verdict"] for each in weights}
    assert verdicts == {"valid", "retrain", "incompatible"}
