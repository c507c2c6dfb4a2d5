"""Settings beside a spec: ``c0.filters=8``, as ``snnc sweep --set`` takes them.

A setting is read by the parser of ``.snn``, and keeps its place in what the user
wrote, so that what is wrong with it is told as in a file, under its own words. Values
of Python, which `Spec.replace` is given, are spelt as ``.snn`` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lark import Token

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.language.keywords import UNITS, USUAL
from snnc.source import SourceFile, Span
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.literals import quoted
from snnc.syntax.snn import read_statement
from snnc.syntax.split import StatementTokens
from snnc.text.arguments import check_text

_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_WORD = re.compile(r"\w+")
_OPENING, _CLOSING = "[{", "]}"
_RANGES = frozenset(("in", "as", "rate"))
_LITERAL = re.compile(r'"|[^\W\d]\w*(?:\s*\{.*\})?\s*$|[-+.\d\[]', re.DOTALL)


class NoSettingError(ValueError):
    """A text that sets nothing: no path with a value; the text is for users."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Something of a spec, by its path, and its new value.

    Attributes
    ----------
    path
        The statement, by its name or else its kind, then its property and what that
        has within: ``train.optimizer.learning_rate``. ``network``, ``about``,
        ``target``, ``encode`` and ``neuron`` alone stand for what follows these words.
    value
        None for the default, as if nothing were written.
    """

    path: tuple[tree.Word, ...]
    value: tree.Value | None

    @property
    def text(self) -> str:
        """The setting as it was written, without the choices beside it."""
        end = self.path[-1].span
        path = Span(end.source, self.path[0].span.start, end.end).text
        return f"{path}={'' if self.value is None else self.value.span.text}"


def read_settings(
    text: str, name: str, report: Diagnostics, several: bool = True
) -> tuple[Setting, ...]:
    """Read ``PATH=VALUE``, or ``PATH=VALUE,VALUE`` as so many settings of one path.

    Parameters
    ----------
    text
        What was written. A value is spelt as in ``.snn``; nothing means the default,
        and a number without a unit is in ms or Hz.
    name
        Where it was written, such as ``--set``: diagnostics name it as the file.
    report
        Gets what is wrong with values.
    several
        Whether a comma outside of brackets and quotes divides values.

    Raises
    ------
    NoSettingError
        If it is no path with a value.
    """
    check_text("the text", text)
    path, equals, _ = text.partition("=")
    if not equals or not _PATH.fullmatch(path):
        raise NoSettingError(f"{text}: write NAME.PROPERTY=VALUE, such as c0.filters=8")
    start = len(path) + 1
    values = list(_values(text, start)) if several else [text[start:]]
    # Each by itself: beside the others, `3,9` would look like dims of another library.
    settings = (
        _setting(SourceFile(name, f"{path}={v}"), start, report) for v in values
    )
    return tuple(setting for setting in settings if setting is not None)


def _setting(source: SourceFile, start: int, report: Diagnostics) -> Setting | None:
    """Read what stands behind the path; None after reporting what is wrong."""
    words = tuple(
        tree.Word(match[0], Span(source, *match.span()))
        for match in _WORD.finditer(source.text, 0, start - 1)
    )
    if not source.text[start:].strip():
        return Setting(words, None)
    value = _read(source, words, (start, len(source.text)), report)
    return None if value is None else Setting(words, value)


def _values(text: str, start: int) -> Iterator[str]:
    """Cut at the commas that are outside of brackets and texts."""
    depth, first = 0, start
    for token in tokens_of(text[start:]):
        at = start + (token.start_pos or 0)
        depth += (str(token) in _OPENING) - (str(token) in _CLOSING)
        if str(token) == "," and depth == 0:
            yield text[first:at].strip()
            first = at + 1
    yield text[first:].strip()


def _read(
    source: SourceFile,
    words: tuple[tree.Word, ...],
    span: tuple[int, int],
    report: Diagnostics,
) -> tree.Value | None:
    """Read a value as that of a property; None after reporting what is wrong."""
    start, end = span
    head, key = words[0].span, words[-1].span

    def token(kind: str, text: str, at: int, until: int) -> Token:
        return Token(kind, text, start_pos=at, end_pos=until)

    value = tuple(
        token(t.type, str(t), start + (t.start_pos or 0), start + (t.end_pos or 0))
        for t in tokens_of(source.text[start:end])
    )
    tokens = (
        token("NAME", head.text, head.start, head.end),
        token("LBRACE", "{", key.start, key.start),
        token("NAME", key.text, key.start, key.end),
        *value,
        token("RBRACE", "}", end, end),
    )
    piece = StatementTokens(tokens, broken=False, mended=False)
    statement = read_statement(piece, source, report)
    if statement.broken or not statement.properties:
        return None
    return _measured(words[-1].text, statement.properties[0].value)


def _measured(key: str, value: tree.Value) -> tree.Value:
    """Give a bare number the unit that its property usually has: ms or Hz.

    Beside a spec nobody types one for each of several values.
    """
    unit = USUAL.get(key, "").rpartition(" ")[2]
    if unit not in UNITS:
        return value
    word = tree.Word(unit, value.span)
    if isinstance(value, tree.Number):
        return tree.Quantity(value.value, word, value.span)
    if isinstance(value, tree.Range) and value.unit is None:
        return replace(value, unit=word)
    return value


def settings_of(changes: Mapping[str, Any], report: Diagnostics) -> tuple[Setting, ...]:
    """Return what Python asks for, in its order; ``report`` gets what can't be read.

    Raises
    ------
    TypeError
        If a value is of a type that no value has.
    """
    settings: list[Setting] = []
    for text in _texts(changes):
        settings += read_settings(text, "replace", report, several=False)
    return tuple(settings)


def _texts(changes: Mapping[str, Any]) -> Iterator[str]:
    for name, value in changes.items():
        if not isinstance(value, Mapping) or _is_neuron(name, value):
            yield f"{name}={spelt(value, name)}"
            continue
        for key, inner in value.items():
            yield f"{name}.{key}={spelt(inner, key)}"


def _is_neuron(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a value, ``{"lif": {...}}``, and not of properties."""
    return name == "neuron" and any(isinstance(v, Mapping) for v in value.values())


def spelt(value: Any, key: str = "") -> str:
    """Write a value as a spec has it.

    Raises
    ------
    TypeError
        If no property has values of its type.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _text(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()  # a number of NumPy
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{word} {_block(inner)}" for word, inner in value.items())
    if isinstance(value, tuple) and len(value) == 2 and key in _RANGES:
        return "..".join(map(repr, value))
    if isinstance(value, tuple) and value and all(isinstance(v, int) for v in value):
        return "x".join(map(str, value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spelt, value))}]"
    raise TypeError(f"{key}: a spec has no values of the type {type(value).__name__}")


def _text(value: str) -> str:
    """Leave a literal as it is, and put what can only be a sentence into quotes."""
    if _LITERAL.match(value) or not value:
        return value
    return quoted(value)


def _block(settings: Any) -> str:
    if not isinstance(settings, Mapping):
        raise TypeError(f"{settings!r} is not a mapping of settings to values")
    inner = ", ".join(f"{key} {spelt(value, key)}" for key, value in settings.items())
    return f"{{ {inner} }}"
