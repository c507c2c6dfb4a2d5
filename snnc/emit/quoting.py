"""The one way for text of a spec into generated code.

Whatever does not print is escaped, and so is what only some versions of Python know:
thus all write the same bytes.
"""

from __future__ import annotations

import re
import textwrap

from snnc.source.printable import cells

WIDTH = 79
_QUOTES_THAT_COULD_CLOSE = re.compile(r'"(?="|$)|(?<=")"|^"')


def quote(text: str) -> str:
    """Return a Python string literal of ``text``.

    The quotes are double, but single where that saves escapes: so do black and
    ruff choose them.
    """
    mark = "'" if text.count('"') > text.count("'") else '"'
    escapes = {"\\": "\\\\", mark: f"\\{mark}"}
    shown = zip(text, cells(text, on_every_python=True), strict=True)
    return mark + "".join(escapes.get(c) or cell for c, cell in shown) + mark


def comment(text: str) -> str:
    """Return ``text`` for use within a one-line comment."""
    return "".join(cells(text, on_every_python=True))


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
