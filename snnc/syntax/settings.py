"""Read settings such as ``c0.filters=8``.

The ``.snn`` parser reads a setting, such as the argument of ``snnc sweep --set``. A new
value keeps its position in the user's text, so that diagnostics quote the setting.
Python values from `Spec.replace` are converted to ``.snn`` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.language.keywords import UNITS, USUAL
from snnc.source import SourceFile, Span
from snnc.syntax.build import Token, quote
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.snn import read_statement
from snnc.syntax.split import StatementTokens
from snnc.text.arguments import check_text

_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_WORD = re.compile(r"\w+")
_OPENING = ("[", "{")
_CLOSING = ("]", "}")
_RANGES = frozenset(("in", "as", "rate"))
_LITERAL = re.compile(r'"|[^\W\d]\w*(?:\s*\{.*\})?\s*$|[-+.\d\[]|\Z', re.DOTALL)


class NoSettingError(ValueError):
    """Raised if a setting lacks a path or a value; the message is for users."""


class Setting(NamedTuple):
    """A path in a spec, and its new value.

    ``path`` is the name or kind of the statement, then its property and nested
    properties: ``train.optimizer.learning_rate``. ``network``, ``about``, ``target``,
    ``encode`` and ``neuron`` alone refer to the text after these words. The value None
    is the default.
    """

    path: tuple[tree.Word, ...]
    value: tree.Value | None

    @property
    def text(self) -> str:
        """The setting as the user wrote it, without alternative values."""
        end = self.path[-1].span
        path = Span(end.source, self.path[0].span.start, end.end).text
        return f"{path}={'' if self.value is None else self.value.span.text}"


def read_setting(text: str, name: str, report: Diagnostics) -> Setting | None:
    """Read ``PATH=VALUE``; return None after reporting an error.

    A value is written as in ``.snn``. An empty value means the default, and a number
    without a unit is in ms or Hz. Diagnostics show ``name``, such as ``--set``, as the
    file name. Raise NoSettingError if the text lacks a path or a value.
    """
    return _setting(SourceFile(name, text), len(_path_of(text)) + 1, report)


def read_settings(text: str, name: str, report: Diagnostics) -> tuple[Setting, ...]:
    """Read ``PATH=VALUE,VALUE`` as two settings; otherwise, like `read_setting`."""
    path = _path_of(text)
    # Read each value separately: together, `3,9` would look like dims of another
    # library.
    texts = (f"{path}={value}" for value in _values(text, len(path) + 1))
    settings = (read_setting(each, name, report) for each in texts)
    return tuple(setting for setting in settings if setting is not None)


def _path_of(text: str) -> str:
    check_text("the text", text)
    path, equals, _ = text.partition("=")
    if not equals or not _PATH.fullmatch(path):
        raise NoSettingError(f"{text}: write NAME.PROPERTY=VALUE, such as c0.filters=8")
    return path


def _values(text: str, start: int) -> Iterator[str]:
    """Split a text at the commas outside brackets and quotes."""
    depth = 0
    first = start
    for token in tokens_of(Span(SourceFile("", text), start, len(text))):
        depth += (token in _OPENING) - (token in _CLOSING)
        if token == "," and depth == 0:
            yield text[first : token.span.start].strip()
            first = token.span.end
    yield text[first:].strip()


def _setting(source: SourceFile, start: int, report: Diagnostics) -> Setting | None:
    """Read the value after the path; return None after reporting an error."""
    words = tuple(
        tree.Word(match[0], Span(source, *match.span()))
        for match in _WORD.finditer(source.text, 0, start - 1)
    )
    place = Span(source, start, len(source.text))
    if not place.text.strip():
        return Setting(words, None)
    head = words[0]
    key = words[-1]
    # Errors are those of a property's value in a block.
    piece = StatementTokens(
        (
            Token("NAME", head.text, head.span),
            Token("LBRACE", "{", key.span.before),
            Token("NAME", key.text, key.span),
            *tokens_of(place),
            Token("RBRACE", "}", place.after),
        )
    )
    statement = read_statement(piece, report)
    if statement.broken or not statement.properties:
        return None
    return Setting(words, _add_unit(key.text, statement.properties[0].value))


def _add_unit(key: str, value: tree.Value) -> tree.Value:
    """Add the usual unit of a property, ms or Hz, to a bare number."""
    unit = USUAL.get(key, "").rpartition(" ")[2]
    if unit not in UNITS:
        return value
    word = tree.Word(unit, value.span)
    if isinstance(value, tree.Number):
        return tree.Quantity(value.value, word, value.span)
    if isinstance(value, tree.Range) and value.unit is None:
        return replace(value, unit=word)
    return value


def settings_of(
    changes: Mapping[str, object], report: Diagnostics
) -> tuple[Setting, ...]:
    """Convert a mapping to settings in the same order; report unreadable settings.

    Raise TypeError if no property accepts values of a type.
    """
    texts = (text for name, value in changes.items() for text in _texts(name, value))
    read = (read_setting(text, "replace", report) for text in texts)
    return tuple(setting for setting in read if setting is not None)


def _texts(name: str, value: object) -> Iterator[str]:
    """Yield ``PATH=VALUE`` for a value, or for each property in a mapping."""
    if not isinstance(value, Mapping) or _is_neuron_choice(name, value):
        yield f"{name}={spelt(value, name)}"
        return
    for key, inner in value.items():
        yield f"{name}.{key}={spelt(inner, key)}"


def _is_neuron_choice(name: str, value: Mapping[str, object]) -> bool:
    """Return whether a mapping is the value of `neuron`, not its properties.

    ``{"lif": {"tau_rc": 0.02}}`` chooses a neuron, and ``{"tau_rc": 0.02}`` changes it.
    """
    return name == "neuron" and any(isinstance(v, Mapping) for v in value.values())


def spelt(value: object, key: str = "") -> str:
    """Write a Python value as ``.snn``; raise TypeError if no property has its type."""
    match _unwrap(value):
        case None:
            return ""
        case str(text):
            # A text such as "60 ms" or "relu" stays as it is; a sentence needs quotes.
            return text if _LITERAL.match(text) else quote(text)
        case bool(switch):
            return "on" if switch else "off"
        case int() | float() as number:
            return repr(number)
        case Mapping() as choices:
            return ", ".join(map(_spelt_choice, choices.items()))
        case tuple(values):
            return _spelt_tuple(values, key)
        case list(values):
            return f"[{', '.join(map(spelt, values))}]"
    raise TypeError(f"{key}: a spec has no values of the type {type(value).__name__}")


def _unwrap(value: object) -> object:
    """Convert a number of NumPy to Python."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    return value


def _spelt_tuple(values: tuple[object, ...], key: str) -> str:
    """Write the ends of a range, sizes, or a list."""
    if len(values) == 2 and key in _RANGES:
        return "..".join(map(repr, values))
    if values and all(isinstance(value, int) for value in values):
        return "x".join(map(str, values))
    return f"[{', '.join(map(spelt, values))}]"


def _spelt_choice(choice: tuple[str, object]) -> str:
    """Write a choice with its settings."""
    word, settings = choice
    if not isinstance(settings, Mapping):
        raise TypeError(f"{settings!r} is not a mapping of settings to values")
    inner = ", ".join(f"{key} {spelt(value, key)}" for key, value in settings.items())
    return f"{word} {{ {inner} }}"
