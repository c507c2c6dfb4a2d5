"""The documentation pages of diagnostics, from their classes and examples."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snnc.diagnostics.diagnostic import Diagnostic, Severity

FAMILIES = {
    "SNN1": "How a file is written",
    "SNN20": "Words and values",
    "SNN21": "Words and values",
    "SNN22": "Words and values",
    "SNN25": "References",
    "SNN3": "Shapes and the graph",
    "SNN4": "Limits of Loihi",
    "SNN5": "Rates and numerics",
    "SNN6": "Training",
    "SNN7": "Files and weights",
    "SNN8": "Import",
    "SNN9": "What the language leaves out",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A spec that breaks a rule, what `snnc check` prints, and the spec mended."""

    invalid: str
    printed: str
    valid: str


def page(rule: type[Diagnostic], examples: Sequence[Example] = ()) -> str:
    """Title, severity, docstring and examples of a rule, as Markdown."""
    text = inspect.cleandoc(rule.__doc__ or "")
    parts = [f"# {rule.code}: {rule.title}", f"*{rule.severity.value}*", text]
    if rule.severity is Severity.WARNING and not rule.code.startswith("SNN14"):
        parts.append(f"A comment `# snnc: allow {rule.code} reason` allows it.")
    for example in examples:
        parts += [
            "## A spec with this problem",
            _fenced(example.invalid),
            "`snnc check` prints:",
            _fenced(example.printed),
            "Mended:",
            _fenced(example.valid),
        ]
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    return f"```\n{text.rstrip()}\n```"


def index(rules: Iterable[type[Diagnostic]]) -> str:
    """The list of all rules by family, as Markdown."""
    parts = ["# Diagnostics", "`snnc explain CODE` prints the same pages."]
    ordered = sorted(rules, key=lambda rule: rule.code)
    for family in dict.fromkeys(FAMILIES.values()):
        lines = [_entry(rule) for rule in ordered if _family(rule.code) == family]
        if lines:
            parts += [f"## {family}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _entry(rule: type[Diagnostic]) -> str:
    words = getattr(rule, "words", "")
    which = f" `{words}`" if words else ""
    return f"- [{rule.code}]({rule.code}.md): {rule.title}{which}"


def _family(code: str) -> str:
    return next(name for head, name in FAMILIES.items() if code.startswith(head))
