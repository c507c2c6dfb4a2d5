"""The one way for text of a spec into generated code.

Whatever does not print is escaped, and so is whatever Unicode 3.2, which every
Python carries, does not know: thus all versions write the same bytes.
"""

from __future__ import annotations

import re
import textwrap
from unicodedata import category, ucd_3_2_0

WIDTH = 79
_INVISIBLE = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"))
_QUOTES_THAT_COULD_CLOSE = re.compile(r'"(?="|$)|(?<=")"|^"')


def quote(text: str) -> str:
    """Return a Python string literal of ``text``.

    The quotes are double, but single where that saves escapes: so do black and
    ruff choose them.
    """
    mark = "'" if text.count('"') > text.count("'") else '"'
    escapes = {"\\": "\\\\", mark: f"\\{mark}", "\n": "\\n", "\t": "\\t"}
    return mark + "".join(escapes.get(c) or _visible(c) for c in text) + mark


def comment(text: str) -> str:
    """Return ``text`` for use within a one-line comment."""
    return "".join(map(_visible, text))


def docstring(text: str, indent: int = 0) -> str:
    """Return ``text`` as wrapped lines for use within a docstring.

    White space is collapsed. Backslashes, and quotes that could end the
    docstring, become escapes that are legal in any docstring.
    """
    words = (
        _QUOTES_THAT_COULD_CLOSE.sub(r"\\u0022", comment(word).replace("\\", "\\u005c"))
        for word in text.split()
    )
    lines = textwrap.wrap(
        " ".join(words),
        WIDTH - indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return ("\n" + " " * indent).join(lines)


def module_docstring(summary: str, name: str, *paragraphs: str) -> str:
    """Return a docstring of a summary line and wrapped paragraphs.

    ``{name}`` in the summary is the network's name, or ``this network`` where
    a long name would break the line.
    """
    line = summary.format(name=name)
    if len(line) + len('""""""') > WIDTH:
        line = summary.format(name="this network")
    parts = [line, *(docstring(text) for text in paragraphs if text.strip())]
    end = "\n" if len(parts) > 1 else ""
    return '"""' + "\n\n".join(parts) + end + '"""'


def _visible(character: str) -> str:
    categories = {ucd_3_2_0.category(character), category(character)}
    if character == " " or not categories & _INVISIBLE:
        return character
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
