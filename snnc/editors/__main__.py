"""Print the TextMate grammar, or with the argument ``snippets`` the snippets."""

from __future__ import annotations

import sys

from snnc.editors.rules import snippets_text, textmate_text

if __name__ == "__main__":
    text = snippets_text() if "snippets" in sys.argv[1:] else textmate_text()
    print(text, end="")
