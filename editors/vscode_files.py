"""Write the TextMate grammar and the snippets from the words of the language.

python -m editors.vscode_files
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from snnc.editors.rules import NETWORK, Category, rules, to_fill
from snnc.language.editions import NEWEST
from snnc.language.keywords import FORMS, MODELS
from snnc.text.display import Json

ROOT = Path(__file__).parents[1]
GRAMMAR = ROOT / "grammar/snn.tmLanguage.json"
SNIPPETS = ROOT / "editors/vscode/snippets/snn.json"
_SPEC = {
    "prefix": "snn",
    "body": [f"snn {NEWEST}", "", *NETWORK],
    "description": "A spec with an input and a readout.",
}


def textmate_text() -> str:
    """Return the text of the TextMate grammar."""
    grammar = {
        "name": "snn",
        "scopeName": "source.snn",
        "fileTypes": ["snn"],
        "patterns": [_pattern(*rule) for rule in rules().items()],
    }
    return json.dumps(grammar, indent=2) + "\n"


def _pattern(pattern: str, categories: Sequence[Category]) -> Json:
    if len(categories) == 1:
        return {"match": pattern, "name": categories[0].scope}
    groups = enumerate(categories, start=1)
    captures = {str(number): {"name": part.scope} for number, part in groups}
    return {"match": pattern, "captures": captures}


def snippets_text() -> str:
    """Return the text of the snippets."""
    found: Json = {"spec": _SPEC}
    for kind, form in FORMS.items():
        example = form.named if "" not in MODELS.get(kind, {"": None}) else form.example
        example = example or form.example
        if example.startswith(kind):
            body = to_fill(example)
            found[kind] = {"prefix": kind, "body": body, "description": form.about}
    return json.dumps(found, indent=2) + "\n"


if __name__ == "__main__":
    for path, text in ((GRAMMAR, textmate_text()), (SNIPPETS, snippets_text())):
        path.write_text(text, encoding="utf-8")
