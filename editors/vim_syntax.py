"""Write the colours of Vim from the words of the language.

python -m editors.vim_syntax
"""

from __future__ import annotations

from pathlib import Path

from snnc.editors.rules import value_words
from snnc.language.keywords import (
    CLAUSES,
    HEADERS,
    KEYS,
    KINDS,
    REFUSED,
    RESERVED,
    UNITS,
    VARIANTS,
)

PATH = Path(__file__).parent / "vim/syntax/snn.vim"
VARIANT_WORDS = frozenset(word for words in VARIANTS.values() for word in words)
# Of two groups with the same word, Vim takes the last one.
WORDS = (
    ("Value", "Constant", value_words() | VARIANT_WORDS),
    ("Key", "Identifier", KEYS),
    ("Unit", "Type", UNITS),
    ("Clause", "Operator", CLAUSES),
    ("Refused", "Error", REFUSED & RESERVED),
    ("Header", "PreProc", HEADERS),
    ("Kind", "Statement", KINDS),
)
PATTERNS = r"""syntax match snnNumber "\v<[+-]?\d+%(\.\d+)?%([eE][+-]?\d+)?>"
syntax match snnNumber "\v<\d+%(x\d+)+>"
syntax match snnNumber "\v%([+-]?[0-9.]*\d)?\.\.%([+-]?\d[0-9.]*)?"
syntax region snnString start=/"/ skip=/\\./ end=/"/ oneline
syntax match snnComment "#.*$" contains=@Spell
highlight default link snnNumber Number
highlight default link snnString String
highlight default link snnComment Comment
"""


def text() -> str:
    """Return the text of the file."""
    lines = ['" Written by editors/vim_syntax.py.', 'if exists("b:current_syntax")']
    lines += ["  finish", "endif"]
    for name, _, words in WORDS:
        lines.append(f"syntax keyword snn{name} {' '.join(sorted(words))}")
    lines += [f"highlight default link snn{name} {group}" for name, group, _ in WORDS]
    return "\n".join(lines) + "\n" + PATTERNS + 'let b:current_syntax = "snn"\n'


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
