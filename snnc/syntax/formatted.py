"""A document in the layout of the notation that its file is written in."""

from __future__ import annotations

import importlib
from pathlib import PurePosixPath

from snnc.language.tree import Document

# The module that prints a notation, and its function.
_PRINTERS = {
    "snn": ("snnc.syntax.printer", "print_snn"),
    "yaml": ("snnc.syntax.yaml.printer", "print_yaml"),
}
SUFFIXES = (".snn", ".yaml", ".yml")


def can_format(name: str) -> bool:
    """Whether files of such a name have a formatter."""
    return PurePosixPath(name).suffix in SUFFIXES


def formatted(document: Document) -> str:
    """Write a document that has no syntax error as its notation's formatter does."""
    return printed(document, document.span.source.notation)


def printed(document: Document, notation: str) -> str:
    """Write a document that has no syntax error in a notation, ``snn`` or ``yaml``."""
    module, function = _PRINTERS[notation]
    text: str = getattr(importlib.import_module(module), function)(document)
    return text
