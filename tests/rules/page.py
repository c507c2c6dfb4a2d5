"""Make the documentation pages of diagnostics from their classes and examples."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snnc.diagnostics import Diagnostic, Severity

FAMILIES = {
    "SNN1": "Syntax",
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
    "SNN9": "Unsupported words",
}
TERMS = ("Spiking networks on Loihi for Keras users", "loihi-for-keras-users.md")
LANGUAGE = ("Language reference", "language.md")
LINKS = {
    "Limits of Loihi": [
        ("Make a network fit", "fit-a-chip.md"),
        ("How the mapper works", "mapping.md"),
        TERMS,
    ],
    "Rates and numerics": [
        ("Improve accuracy", "accuracy.md"),
        ("How rates become spikes", "spikes.md"),
        TERMS,
    ],
    "Training": [("Improve accuracy", "accuracy.md")],
    "Files and weights": [
        ("Version control", "workflow.md"),
        ("The generated package", "package.md"),
    ],
    "Import": [
        ("Import a Keras model", "from-keras.md"),
        ("NIR import and export", "nir.md"),
    ],
    "Unsupported words": [LANGUAGE, TERMS],
}
"""Pages on the subject of a family, if it is not only the language."""


@dataclass(frozen=True, slots=True)
class Example:
    """A spec that breaks a rule, the output of `snnc check`, and the fixed spec."""

    invalid: str
    printed: str
    valid: str


def page(rule: type[Diagnostic], examples: Sequence[Example] = ()) -> str:
    """Return the page of a rule as Markdown, with examples and links."""
    text = inspect.cleandoc(rule.__doc__ or "")
    parts = [f"# {rule.code}: {rule.title}", f"*{rule.severity.value}*", text]
    if rule.severity is Severity.WARNING and not rule.code.startswith("SNN14"):
        parts.append(
            "To allow this warning, write the comment "
            f"`# snnc: allow {rule.code} reason`."
        )
    for number, example in enumerate(examples, 1):
        parts += [
            f"## Example {number}" if len(examples) > 1 else "## Example",
            _fence(example.invalid),
            "`snnc check` prints:",
            _fence(example.printed),
            "Use instead:",
            _fence(example.valid),
        ]
    links = LINKS.get(_family(rule.code), [LANGUAGE])
    parts += ["## See also", "\n".join(f"- [{name}](../{at})" for name, at in links)]
    return "\n\n".join(parts) + "\n"


def _fence(text: str) -> str:
    return f"```\n{text.rstrip()}\n```"


def index(rules: Iterable[type[Diagnostic]]) -> str:
    """Return the list of all rules by family, as Markdown."""
    parts = ["# Diagnostics", "`snnc explain CODE` prints the page of a code."]
    ordered = sorted(rules, key=lambda rule: rule.code)
    for family in dict.fromkeys(FAMILIES.values()):
        lines = [_entry(rule) for rule in ordered if _family(rule.code) == family]
        if lines:
            head = "| code | what is wrong | severity |\n| --- | --- | --- |"
            parts += [f"## {family}", "\n".join([head, *lines])]
    return "\n\n".join(parts) + "\n"


def _entry(rule: type[Diagnostic]) -> str:
    words = getattr(rule, "words", "")
    which = f" `{words}`" if words else ""
    link = f"[{rule.code}]({rule.code}.md)"
    return f"| {link} | {rule.title}{which} | {rule.severity.value} |"


def _family(code: str) -> str:
    return next(name for head, name in FAMILIES.items() if code.startswith(head))
