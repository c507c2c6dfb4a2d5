"""Statements to fill in, for editors: the examples of the table."""

from __future__ import annotations

import json
import re
from typing import Any

from snnc.language.forms import FORMS, MODELS

_NUMBER = re.compile(r"(?<![\w.])[-+\d.][\w.+-]*")


def to_fill(example: str) -> str:
    """Make each number of an example a place to fill in: ``filters ${1:8}``."""
    count = iter(range(1, 100))
    return _NUMBER.sub(lambda found: f"${{{next(count)}:{found[0]}}}", example)


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
