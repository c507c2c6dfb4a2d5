"""The statements of a spec after all layers were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snnc.importer.context import ImportContext
from snnc.importer.spec_input import SpecInput
from snnc.importer.values import Drafts


@dataclass(frozen=True, eq=False, repr=False)
class DraftedSpec:
    """All statements of a spec, with its encoder and its readout.

    Attributes
    ----------
    input, finals :
        See `SpecBuilder`.
    drafts :
        The drafts by key, in the order of the spec.
    encoder :
        The draft that becomes ``encode conv``, or None for ``encode rate``.
    size :
        The readout's property: ``classes 10`` or ``units 1``.
    notes :
        Sentences about the remaining work on the host.
    """

    context: ImportContext
    input: SpecInput
    finals: Mapping[str, str]
    drafts: Drafts
    encoder: str | None
    size: str
    notes: tuple[str, ...] = ()
