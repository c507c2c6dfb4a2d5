"""No regular expression takes more than linear time, whatever part of a text repeats.

A text that matches is drawn for each pattern, and a stretch of it repeated.
"""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, AnyStr

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from snnc.editors.rules import rules
from tests.fuzz.harness import fuzz, processor_time
from tests.support import ROOT

pytestmark = pytest.mark.slow

_LENGTH = 100_000
_TAILS = ("", "z", "!", "\n", " ")
_REPEATS = "*+{"
"""A pattern that repeats nothing reads a few characters at each place."""


@dataclass(frozen=True)
class Pattern:
    """A pattern of text or bytes, and the methods its module searches with."""

    name: str
    compiled: re.Pattern[Any]
    methods: tuple[str, ...]


def _patterns() -> Iterator[Pattern]:
    for path in sorted((ROOT / "snnc").rglob("*.py")):
        source = path.read_text()
        if "re.compile(" in source and "templates" not in path.parts:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield from _of_module(importlib.import_module(module), source)
    for rule in rules():
        name = f"editors {rule[:30]}"
        yield Pattern(name, re.compile(rule), ("match",))


def _of_module(module: ModuleType, source: str) -> Iterator[Pattern]:
    for name, value in vars(module).items():
        for compiled in value if isinstance(value, tuple) else (value,):
            if isinstance(compiled, re.Pattern) and _repeats(compiled.pattern):
                methods = re.findall(rf"\b{name}\.(\w+)\(", source)
                used = tuple(sorted({*methods} or {"fullmatch"}))
                yield Pattern(f"{module.__name__}.{name}", compiled, used)


def _repeats(pattern: Any) -> bool:
    return any(_like(pattern, sign) in pattern for sign in _REPEATS)


@st.composite
def repeat_part(draw: st.DrawFn, pattern: re.Pattern[AnyStr]) -> AnyStr:
    """Draw a text that matches, or nearly, with a part repeated many times."""
    text = draw(st.from_regex(pattern))
    start = draw(st.integers(0, len(text)))
    part = text[start : start + draw(st.integers(1, 4))]
    part = part or _like(text, draw(st.characters(codec="utf-8")))
    end = text[start if draw(st.booleans()) else len(text) :]
    copies = _LENGTH // len(part)
    tail = _like(text, draw(st.sampled_from(_TAILS)))
    return text[:start] + part * copies + end + tail


def _like(text: AnyStr, other: str) -> AnyStr:
    """Return the other text, as bytes if the text is bytes."""
    if isinstance(text, bytes):
        return other.encode()
    return other


@pytest.mark.parametrize(
    "pattern", [pytest.param(pattern, id=pattern.name) for pattern in _patterns()]
)
def test_a_pattern_takes_linear_time(pattern: Pattern) -> None:
    # A text that takes too long takes far too long to shrink.
    @settings(fuzz(20), phases=[Phase.generate])
    @given(repeat_part(pattern.compiled))
    def run(text: Any) -> None:
        with processor_time(2):
            for method in pattern.methods:
                search = getattr(pattern.compiled, method)
                search(text[:0], text) if method == "sub" else search(text)

    run()
