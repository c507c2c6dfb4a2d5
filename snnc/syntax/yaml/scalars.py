"""Values as YAML scalars."""

from __future__ import annotations

import json
import re

from snnc.syntax import spelling, tree

# What can't be taken for anything but a text: it begins with a letter, and has no
# colon, hash, bracket or quote.
_PLAIN = re.compile(r"[A-Za-z](?:[\w .,;()/+'-]*[\w.)])?", re.ASCII)
_WORD = re.compile(r"[^\W\d]\w*")
_EXPONENT = re.compile(r"(?<![\d.])([+-]?\d+)e")


def text(value: str) -> str:
    """Write the text of ``about``, without quotes where it can be read so."""
    return value if _PLAIN.fullmatch(value) else label(value)


def key(word: str) -> str:
    """Write a key, in quotes if it is no word."""
    return word if _WORD.fullmatch(word) else label(word)


def label(value: str) -> str:
    """Write a string in double quotes."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def scalar(value: spelling.Scalar) -> str:
    """Write a literal; YAML 1.1 knows no float without a point, so it gets one."""
    if isinstance(value, tree.Word):
        return value.text
    return _EXPONENT.sub(r"\1.0e", spelling.scalar(value))
