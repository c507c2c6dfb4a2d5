"""``python -m snnc.editors`` prints the TextMate grammar."""

from __future__ import annotations

from snnc.editors.textmate import textmate_text

if __name__ == "__main__":
    print(textmate_text(), end="")
