"""Write a statement in Keras' notation as it would be in a spec.

Only messages need this. Signs such as `=`, `:` and quotes only separate words and
values. The result is empty if the meaning of a part is not certain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from snnc.diagnostics import Fix
from snnc.language import keywords
from snnc.language.keywords import CHOICES, FORMS, KINDS, MODELS, VARIANTS
from snnc.source import Span
from snnc.vocabulary.foreign_keywords import counterpart, known_kind, same_key

_LONGEST = 110
_NAME = r"[^\W\d]\w*"
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_SIZES = re.compile(r"(?<!\w)[(\[][ \t]*(\d+(?:[ \t]*,[ \t]*\d+)+)[ \t]*,?[ \t]*[)\]]")
"""Sizes in Python, such as `(3, 3)`."""
_SOURCES = re.compile(
    r"\bfrom\b[ \t:=]*\[?[ \t]*"
    rf"({_NAME}(?:[ \t]*,[ \t]*{_NAME}(?=[ \t]*(?:[\],)}}]|$)))*)[ \t]*\]?,?"
)
_CALLED = re.compile(rf"\)[ \t]*\(({_NAME})\)$")
"""The input of a Keras layer: `Conv2D(8, 3)(c0)`."""
_OPENER = re.compile(r"[{([]")
_FIRST_VALUE = re.compile(r"(?<![\w.])[-+.\d]|$")
_HEADING = re.compile(r"[\w.=: \t]+")
_ITEM = re.compile(
    rf"""[,;\s]*
    (?:(?P<key>{_NAME})[ \t]*[=: \t][ \t]*)?
    (?P<value>\[[^][{{}}()]*\]
        |["']?(?:{_NAME}\.)*{_NAME}["']?
        |(?:\d+(?:x\d+)+|(?:{_NUMBER})?\.\.(?:{_NUMBER})?|{_NUMBER})
            (?:[ \t]*(?:s|ms|us|Hz)\b)?)
    (?:[ \t]*[({{](?P<inner>[^(){{}}]*)[)}}])?
    (?=[,;\s]|$)[,;\s]*""",
    re.VERBOSE,
)
_WORD = re.compile(r"(?<![\w.])[^\W\d][\w.]*")
_SHAPE = re.compile(r"\b\d+(?:x\d+)+\b")
_RANGE = re.compile(rf"(?<![\w.]){_NUMBER}\.\.{_NUMBER}")
_INPUT = re.compile(
    rf"(?:[\s,=:]|{_WORD.pattern}|{_SHAPE.pattern}|{_RANGE.pattern})*", re.ASCII
)
_PARTS_OF_INPUT = ("shape", "in", "as", "range", "name")
_GLUED_UNIT = re.compile(r"(?<=\d)(?:s|ms|us|Hz)$")
_SWITCHES = {"True": "true", "False": "false"}
_KEY_OF = {
    word: key for key in ("padding", "neuron") for word in keywords.values_of(key)
}
"""The key of each word that is a value of only one key."""
_WORDS = {key: keywords.values_of(key) for key in (*CHOICES, "padding", "neuron")}
"""The words that a key accepts."""


class _UnclearError(Exception):
    """Raised if a part may mean several things, or nothing."""


def meant_line(statement: Span, at: Span) -> Fix | None:
    """Return the line of a mistake as it is probably meant; None if it is unclear.

    In a block on several lines, each line has some of its properties. The fix is
    unsafe, because the meaning is a guess.
    """
    if "\n" not in statement.text:
        line = meant_statement(statement.text)
        return Fix(statement, line, unsafe=True) if line else None
    kind, *words = statement.text.partition("{")[0].split() or [""]
    if at.first.line == statement.first.line or kind not in MODELS:
        return None
    source = at.source
    text = source.line_text(at.first.line)
    start = source.line_start(at.first.line) + len(text) - len(text.lstrip())
    text = text.strip().rstrip(",;")
    variant = words[0] if words else ""
    line = _meant(text, partial(_properties, kind=kind, variant=variant))
    place = Span(source, start, start + len(text))
    return Fix(place, line, unsafe=True) if line else None


def meant_statement(text: str) -> str:
    """Return the line that a statement on one line means; empty if it is unclear."""
    return _meant(text, _statement)


def _meant(text: str, write: Callable[[str], str]) -> str:
    """Write a text as it is meant; return an empty text if it is long or unclear."""
    if len(text) > _LONGEST or "#" in text:
        return ""
    try:
        return write(_join_sizes(text))
    except _UnclearError:
        return ""


def _join_sizes(text: str) -> str:
    return _SIZES.sub(lambda match: re.sub(r"[\s,]+", "x", match[1]), text)


def _statement(text: str) -> str:
    text = _CALLED.sub(r", from \1)", text)
    sources = _SOURCES.search(text)
    if sources is not None:
        text = text[: sources.start()] + text[sources.end() :]
    heading, block, is_braced = _split_block(text.strip().rstrip(";,"))
    if not _HEADING.fullmatch(heading):
        return ""
    words = [word.rpartition(".")[2] for word in _WORD.findall(heading)]
    if not is_braced:  # `dense 128 relu`: the last words may be values
        values = [word for word in words[1:] if word in _KEY_OF]
        words = [word for word in words if word not in values]
        block = " ".join((*values, block))
    return _line(words, block, sources[1] if sources else "")


def _line(words: list[str], block: str, sources: str) -> str:
    """Return the line of a statement with some words, properties and sources."""
    if len(words) > 1 and not _kind(words[0]):  # `c1 = layers.Conv2D(8)`
        words[:2] = reversed(words[:2])
    kind = _kind("".join(words[:1]))  # values alone have no kind
    words = words[1:]
    if kind == "input":
        return _input(words, block)
    if kind not in MODELS:
        return ""
    variant = words.pop(0) if words and kind in VARIANTS else ""
    properties = _properties(block, kind, variant)
    parts = [kind, variant, _name(kind, words)]
    if sources:
        parts.append(f"from {sources}")
    if properties:
        parts.append(f"{{ {properties} }}")
    return " ".join(filter(None, parts))


def _split_block(text: str) -> tuple[str, str, bool]:
    """Return the words of a statement, its values, and whether these have brackets."""
    opener = _OPENER.search(text)
    if opener is None:
        first_value = _FIRST_VALUE.search(text)
        start = len(text) if first_value is None else first_value.start()
        return text[:start], text[start:], False
    if not text.endswith((")", "}", "]")):
        raise _UnclearError
    return text[: opener.start()], text[opener.end() : -1], True


def _kind(word: str) -> str:
    return known_kind(word, KINDS)[0] or ""


def _name(kind: str, words: list[str]) -> str:
    """Return the name of a statement, or a usual one if it needs a name."""
    if len(words) > 1:
        raise _UnclearError
    if words:
        return words[0]
    form = FORMS[kind]
    return form.usual_name if form.name == "required" else ""


def _input(words: list[str], block: str) -> str:
    """Return the line for an input whose parts are in another order or in a block."""
    text = " ".join((*words, block))
    match = _INPUT.fullmatch(text)
    names = [word for word in _WORD.findall(text) if word not in _PARTS_OF_INPUT]
    shapes = _SHAPE.findall(text)
    ranges = _RANGE.findall(text)
    if match is None or len(names) != 1 or len(shapes) != 1 or len(ranges) > 1:
        return ""
    written_range = ranges[0] if ranges else "0..255"
    if re.search(r"\bas\b", text):
        written_range = f"0..255 as {written_range}"
    return f"input {names[0]} {shapes[0]} in {written_range}"


class _Item(NamedTuple):
    """A key and its value, with the settings of a choice; a bare value has no key."""

    key: str
    value: str
    settings: str


def _items(text: str) -> Iterator[_Item]:
    start = 0
    text = text.strip()
    while start < len(text):
        match = _ITEM.match(text, start)
        if match is None:
            raise _UnclearError
        value = match["value"].strip("'\"")
        yield _Item(match["key"] or "", value, match["inner"] or "")
        start = match.end()


def _properties(text: str, kind: str, variant: str) -> str:
    """Write the items of a block with the keys of its statement."""
    models = MODELS[kind]
    model = models.get(variant) or next(iter(models.values()))
    owner = f"{kind} {variant}".strip()
    bare_keys = (keywords.first_key(kind), "kernel")
    return _written(text, owner, tuple(keywords.keys_of(model)), bare_keys)


def _written(
    text: str, owner: str, legal: tuple[str, ...], bare_keys: tuple[str, ...]
) -> str:
    """Write items with the keys of a statement, or of a choice such as `adam`.

    Bare values get the ``bare_keys`` in order.
    """
    properties: dict[str, str] = {}
    bare = iter(bare_keys)
    for item in _items(text):
        last = next(reversed(properties), "")
        if not item.key and last in CHOICES:  # `optimizer adam 1e-3`
            properties[last] = _value(last, _Item(last, properties[last], item.value))
            continue
        written = item.key or _key_of_value(item.value, bare)
        key = same_key(written, legal)
        if key is not None and key not in properties:
            properties[key] = _value(key, item)
        elif key is not None or not _is_superfluous(written, owner):
            raise _UnclearError
    return ", ".join(f"{key} {value}" for key, value in properties.items())


def _key_of_value(value: str, bare_keys: Iterator[str]) -> str:
    """Return the only key that has a word as value; a number gets the next bare key."""
    if value in _KEY_OF:
        return _KEY_OF[value]
    if value.isidentifier():
        raise _UnclearError
    return next(bare_keys, "")


def _is_superfluous(key: str, owner: str) -> bool:
    """Return whether the advice for a word is to remove it."""
    advice = counterpart(key, owner) or counterpart(key) or ""
    return advice.startswith("remove it")


def _value(key: str, item: _Item) -> str:
    """Write a value; a word must be one that its key accepts."""
    value = _SWITCHES.get(item.value, item.value)
    if unit := _GLUED_UNIT.search(value):
        value = f"{value[: unit.start()]} {unit[0]}"
    if key in _WORDS:
        value = same_key(value.rpartition(".")[2], _WORDS[key]) or ""
    if not value:
        raise _UnclearError
    if not item.settings:
        return value
    legal = keywords.settings_of(value)
    return f"{value} {{ {_written(item.settings, value, legal, legal[:1])} }}"
