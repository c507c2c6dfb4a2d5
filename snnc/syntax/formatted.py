"""A document in the layout of the notation that its file is written in."""

from __future__ import annotations

import importlib
from pathlib import PurePosixPath

from snnc.language.tree import Document

# By suffix: the module that prints the notation, and its function.
_YAML = ("snnc.syntax.yaml.printer", "print_yaml")
PRINTERS = {
    ".snn": ("snnc.syntax.printer", "print_snn"),
    ".yaml": _YAML,
    ".yml": _YAML,
}


def can_format(name: str) -> bool:
    """Whether files of such a name have a formatter."""
    return PurePosixPath(name).suffix in PRINTERS


def formatted(document: Document) -> str:
    """Write a document that has no syntax error as its notation's formatter does.

    Raises
    ------
    KeyError
        If its file's suffix is none of `PRINTERS`.
    """
    suffix = PurePosixPath(document.span.source.name).suffix
    module, function = PRINTERS[suffix]
    text: str = getattr(importlib.import_module(module), function)(document)
    return text
