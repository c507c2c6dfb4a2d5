"""What editors read: a TextMate grammar of the rules, and statements to fill in."""

from __future__ import annotations

import json
import re
from typing import Any

from snnc.editors.rules import Rule, rules
from snnc.language.forms import FORMS, MODELS

_NUMBER = re.compile(r"(?<![\w.])[-+\d.][\w.+-]*")


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


def to_fill(example: str) -> str:
    """Make each number of an example a place to fill in: ``filters ${1:8}``."""
    count = iter(range(1, 100))
    return _NUMBER.sub(lambda match: f"${{{next(count)}:{match[0]}}}", example)


def snippets() -> dict[str, Any]:
    """Return the snippets that ``editors/vscode/snippets/snn.json`` holds."""
    found: dict[str, Any] = {"spec": _SPEC}
    for kind, form in FORMS.items():
        example = form.named if "" not in MODELS.get(kind, {"": None}) else form.example
        example = example or form.example
        if example.startswith(kind):
            body = to_fill(example)
            found[kind] = {"prefix": kind, "body": body, "description": form.about}
    return found


def snippets_text() -> str:
    """Return the text of that file."""
    return json.dumps(snippets(), indent=2) + "\n"


NETWORK = (
    "network ${1:net} {",
    "  input ${2:image} ${3:28x28x1} in ${4:0..1}",
    "  encode conv { filters ${5:2} }",
    "",
    "  $0",
    "  readout ${6:label} { classes ${7:10} }",
    "}",
)
"""The lines of a network to fill in."""
_SPEC = {
    "prefix": "snn",
    "body": ["snn 1", "", *NETWORK],
    "description": "A spec with an input and a readout.",
}
