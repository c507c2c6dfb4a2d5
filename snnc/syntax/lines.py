"""The line that a statement without braces, or in another order, was meant as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language.fields import keys_of
from snnc.language.forms import FORMS, MODELS, values_of
from snnc.source import SourceFile, Span

_SIZED = frozenset(k for k, form in FORMS.items() if form.is_layer and form.size)
_KEY_OF = {word: key for key in ("padding", "neuron") for word in values_of(key)}
"""The key of a word that can be a value of no other."""


@dataclass(slots=True)
class _Meant:
    """A statement whose values stand without keys and braces."""

    kind: str
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        name = self.name or FORMS[self.kind].usual_name
        inside = ", ".join(f"{key} {value}" for key, value in self.values.items())
        return f"{self.kind} {name} {{ {inside} }}".replace("  ", " ")

    def take(self, token: Token) -> bool:
        """Find the key of a value; False if there is none that it can have."""
        key = self._key(token)
        if key is None or key in self.values:
            return False
        self.values[key] = str(token)
        return True

    def _key(self, token: Token) -> str | None:
        if token.type == "NUMBER":
            size = FORMS[self.kind].size
            return size if size not in self.values else "kernel"
        if token.type == "DIMS":
            return "kernel" if "kernel" in keys_of(MODELS[self.kind][""]) else None
        return _KEY_OF.get(token) if token.type in ("NAME", "UNIT") else None


def rearranged(
    source: SourceFile, tokens: Sequence[Token], index: int
) -> Diagnostic | None:
    """Describe a statement that stops being one at a token, by the line to write."""
    meant = _input(source, tokens) if tokens[0] == "input" else _layer(tokens)
    if meant is None or index >= len(tokens):
        return None
    line, sure = meant
    first, last = tokens[0], tokens[-1]
    whole = Span(source, first.start_pos or 0, last.end_pos or 0)
    here = tokens[index]
    place = Span(source, here.start_pos or 0, here.end_pos or 0)
    return rules.syntax.UnexpectedText(
        span=place,
        expected="`{`" if tokens[0] != "input" else "a name, a shape and a range",
        found=f"`{here}`",
        advice=f"write `{line}`",
        fix=Fix(whole, line) if sure else None,
    )


def _layer(tokens: Sequence[Token]) -> tuple[str, bool] | None:
    """The line of ``conv2d 32 3x3 same``, and whether its name is written."""
    kind = str(tokens[0])
    if kind not in _SIZED or len(tokens) < 2:
        return None
    meant, rest = _Meant(kind), list(tokens[1:])
    if rest[0].type == "NAME" and rest[0] not in _KEY_OF:
        meant.name = str(rest.pop(0))
    rest = [token for token in rest if token.type != "COMMA"]
    if not rest or not all(meant.take(token) for token in rest):
        return None
    # Of two bare numbers each may be the kernel, or the channels that are read.
    sure = sum(token.type == "NUMBER" for token in rest) < 2
    return meant.line, sure and bool(meant.name or not FORMS[kind].usual_name)


def _input(source: SourceFile, tokens: Sequence[Token]) -> tuple[str, bool] | None:
    """The line of an input whose parts are in another order, if all can be told."""
    names = [t for t in tokens[1:] if t.type == "NAME"]
    shapes = [t for t in tokens[1:] if t.type in ("DIMS", "NUMBER")]
    ranges = {
        before.type: token
        for before, token in pairwise(tokens)
        if token.type == "RANGE"
    }
    known = 1 + len(names) + len(shapes) + 2 * len(ranges)
    if len(names) != 1 or len(shapes) != 1 or known != len(tokens):
        return None
    if not ranges.keys() <= {"IN", "AS"} or not ranges:
        return None
    within = ranges.get("IN", "0..255")
    mapped = f" as {ranges['AS']}" if "AS" in ranges else ""
    line = f"input {names[0]} {shapes[0]} in {within}{mapped}"
    return line, "IN" in ranges
