"""Mapped graph to the modules of the generated package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnc.diagnostics import Report
from snnc.ir.mapped import MappedNetwork

if TYPE_CHECKING:
    from snnc.emit.files import Module


def emit(mapped: MappedNetwork, report: Report) -> tuple[Module, ...]:
    """All files of the package in alphabetical order; nothing is reported."""
    # Only `snnc build` emits: the other verbs must not wait for the templates.
    from snnc.emit.package.modules import package_modules

    return package_modules(mapped)
