"""The state of a conversion, which grows by what each layer adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from snnc.importer.context import ImportContext
from snnc.importer.decisions import Decision
from snnc.importer.linear import Terms
from snnc.importer.spec_input import SpecInput
from snnc.importer.values import Drafts, StatementDraft, Value


@dataclass(frozen=True, slots=True)
class Additions:
    """The additions of one layer to a conversion.

    Attributes
    ----------
    outputs :
        The output of the layer, by its name.
    drafts :
        New or changed drafts by key, in the order of the spec.
    input :
        What is then known of the input.
    finals :
        For each output, the activation that the host computes, such as ``softmax``.
    absorbed :
        Norms after this layer that its statements include.
    kept :
        The neurons that keep the sum of terms, by these terms.
    shared :
        The keys of statements that several layers may read, by name and sources.
    """

    outputs: Mapping[str, Value]
    drafts: Drafts
    decisions: tuple[Decision, ...]
    input: SpecInput
    finals: Mapping[str, str]
    absorbed: frozenset[str]
    kept: Mapping[Terms, Value]
    shared: Mapping[tuple[str, tuple[str, ...]], str]


@dataclass(frozen=True, eq=False, repr=False)
class DraftedSpec:
    """All statements of a spec, with its encoder and its readout.

    Attributes
    ----------
    input, finals :
        See `Additions`.
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


@dataclass(eq=False, repr=False)
class ConversionState:
    """The sum of the additions so far; only `fold` changes it.

    Attributes
    ----------
    judged, refused :
        The layers with a verdict on the layer as a whole, and the refused ones.
    others :
        See `Additions`.
    """

    context: ImportContext
    values: dict[str, Value] = field(default_factory=dict)
    drafts: dict[str, StatementDraft] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    finals: dict[str, str] = field(default_factory=dict)
    absorbed: set[str] = field(default_factory=set)
    kept: dict[Terms, Value] = field(default_factory=dict)
    shared: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.input = SpecInput(self.context.request.values)

    def fold(self, additions: Additions) -> None:
        """Add what reading a layer has added."""
        self.input = additions.input
        self.values.update(additions.outputs)
        self.drafts.update(additions.drafts)
        self.finals.update(additions.finals)
        self.absorbed.update(additions.absorbed)
        self.kept.update(additions.kept)
        self.shared.update(additions.shared)
        self.decisions += additions.decisions
        self.judged.update(d.layer for d in additions.decisions if not d.option)
        self.refused.update(
            d.layer for d in additions.decisions if d.verdict == "refused"
        )
