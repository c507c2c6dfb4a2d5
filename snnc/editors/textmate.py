"""The rules as a TextMate grammar, which most editors and GitHub read."""

from __future__ import annotations

import json
from typing import Any

from snnc.editors.rules import Rule, rules


def textmate() -> dict[str, Any]:
    """Return the grammar that ``grammar/snn.tmLanguage.json`` holds."""
    return {
        "name": "snn",
        "scopeName": "source.snn",
        "fileTypes": ["snn"],
        "patterns": [_pattern(rule) for rule in rules()],
    }


def textmate_text() -> str:
    """Return the text of that file."""
    return json.dumps(textmate(), indent=2) + "\n"


def _pattern(rule: Rule) -> dict[str, Any]:
    if rule.is_whole:
        return {"match": rule.pattern, "name": rule.categories[0].scope}
    groups = enumerate(rule.categories, start=1)
    captures = {str(number): {"name": part.scope} for number, part in groups}
    return {"match": rule.pattern, "captures": captures}
