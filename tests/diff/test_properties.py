"""A network does not differ from itself, and from no other network not."""

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from snnc.source import Span
from snnc.verbs.diff.compare import compare
from tests.agreement.specs import draw_spec
from tests.diff.comparing import compile_text

WORDS = {"same": "valid", "valid": "same", "on": "off", "off": "on", "classes": "units"}
WORDS |= {"rest": "spread", "spread": "rest"}
TOKEN = re.compile(rf"\b(?:\d+|{'|'.join(WORDS)})\b")
_SETTINGS = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def canonical(node: Any) -> Any:
    """Return a graph without places."""
    if isinstance(node, tuple):
        return [canonical(part) for part in node]
    if not dataclasses.is_dataclass(node):
        return node
    parts = {
        field.name: getattr(node, field.name) for field in dataclasses.fields(node)
    }
    return {
        name: canonical(part)
        for name, part in parts.items()
        if not isinstance(part, Span) and not name.endswith(("span", "spans"))
    }


def mutate(text: str, choice: int) -> str:
    """SubjectChange one word or number after the network's name."""
    tokens = list(TOKEN.finditer(text, text.index("{")))
    token = tokens[choice % len(tokens)]
    new = WORDS.get(token[0]) or str(int(token[0]) + 1)
    return text[: token.start()] + new + text[token.end() :]


@pytest.mark.slow
@_SETTINGS
@given(st.integers(0, 10**6))
def test_nothing_differs_from_itself(seed: int) -> None:
    text = draw_spec(seed)
    once, again = compile_text(text), compile_text(text, "again.snn")
    assume(once is not None)
    assert once is not None
    assert again is not None
    difference = compare(once, again)
    assert difference.same
    assert not difference.respelt
    assert difference.weights == "valid"
    assert not difference.rates
    assert not difference.cores.layers
    assert difference.tensors.notes == ()


@pytest.mark.slow
@_SETTINGS
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_differs_is_told(seed: int, choice: int) -> None:
    text = draw_spec(seed)
    old, new = compile_text(text), compile_text(mutate(text, choice))
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None
    equal = canonical(old.network) == canonical(new.network)
    assert compare(old, new).same == equal
    assert equal or compare(new, old).layers or compare(new, old).sections
