"""Build the statements of one layer, and record decisions on layers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from snnc.importer.context import ImportContext
from snnc.importer.decisions import Decision, RefusedLayerError, Topic, Verdict
from snnc.importer.linear import Fitted, LinearStep, Shape, Term, Terms
from snnc.importer.model import KerasLayer
from snnc.importer.spec_input import SpecInput
from snnc.importer.values import BROKEN, StatementDraft, Value, View, plain, reads_input
from snnc.rules.imports import LayerRefused, OptionRefused

JOINED = ""
"""The name in `SpecBuilder.shared` of statements that join sources."""


@dataclass(eq=False, repr=False)
class SpecBuilder:
    """Collects the statements of a spec while the layers of a model are read.

    Attributes
    ----------
    input :
        What is known of the input so far.
    values :
        The outputs of the layers that were read, by name.
    drafts :
        The drafts by key, in the order of the spec.
    decisions :
        The decisions on layers so far; only `decide` adds to them.
    finals :
        For each output, the activation that the host computes, such as ``softmax``.
    absorbed :
        Norms that statements for earlier layers include.
    kept :
        The neurons that keep the sum of terms, by these terms.
    shared :
        The keys of statements that several layers may read, by name and sources.
    judged, refused :
        The layers with a verdict on the layer as a whole, and the refused ones.
    """

    context: ImportContext
    input: SpecInput
    values: dict[str, Value] = field(default_factory=dict)
    drafts: dict[str, StatementDraft] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    finals: dict[str, str] = field(default_factory=dict)
    absorbed: set[str] = field(default_factory=set)
    kept: dict[Terms, Value] = field(default_factory=dict)
    shared: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def layer(self, name: str) -> CurrentLayer:
        """Return a layer of the model, to record decisions on it."""
        plain = self.context.layers[name]
        return CurrentLayer(
            plain.name, plain.kind, plain.options, plain.reads, plain.shares, spec=self
        )

    def decide(self, decision: Decision) -> None:
        """Record a decision."""
        self.decisions.append(decision)
        if not decision.option:
            self.judged.add(decision.layer)
        if decision.verdict == "refused":
            self.refused.add(decision.layer)

    def tell(self, layer: str, verdict: Verdict, why: str) -> None:
        """Record the verdict on a whole layer, unless there is one already."""
        if layer not in self.judged:
            self.decide(Decision(layer, "", verdict, why))

    def change_input(self, **changes: Any) -> None:
        """Change what is known of the input; see `SpecInput`."""
        self.input = replace(self.input, **changes)

    def free(self, name: str) -> str:
        """Return a key that no draft and no other layer uses."""
        key = name
        number = 0
        # The name is a layer's own, but with a number it must not be another layer's.
        while key in self.drafts or (number and key in self.context.layers):
            number += 1
            key = f"{name}_{number}"
        return key

    def add(self, draft: StatementDraft, view: View = ()) -> Value:
        """Add or replace a draft, and return its output."""
        self.drafts[draft.layer] = draft
        term = Term(draft.layer, draft.shape)
        axes = view or plain(len(draft.shape))
        return Value((term,), draft.shape, axes, is_positive=True)

    def pool(self, source: str, mean: LinearStep) -> str:
        """Return the key of the `avgpool` of a source."""
        windows = mean.windows
        draft = StatementDraft(
            layer=mean.layer,
            kind="avgpool",
            sources=(source,),
            shape=(*mean.places, mean.read),
            window=Fitted(
                kernel=tuple(window.taps for window in windows),
                stride=tuple(window.stride for window in windows),
            ),
            is_global=all(w.taps == w.size and w.places == 1 for w in windows),
            rewritten=mean.replaces,
        )
        return self._add_once(draft)

    def upsampling(self, source: str, step: LinearStep) -> str:
        """Return the key of the `upsample` of a source."""
        draft = StatementDraft(
            layer=step.layer,
            kind="upsample",
            sources=(source,),
            shape=(*step.places, step.read),
            repeats=step.repeats,
            owner=step.layer,
        )
        return self._add_once(draft)

    def _add_once(self, draft: StatementDraft) -> str:
        """Return the key of a draft with one source; a layer may need several."""
        key = (draft.layer, draft.sources)
        if key not in self.shared:
            self.shared[key] = self.free(draft.layer)
            self.add(replace(draft, layer=self.shared[key]))
        return self.shared[key]

    def is_even(self, key: str) -> bool:
        """Whether the windows of an average divide its input; true for others."""
        draft = self.drafts.get(key)
        if draft is None or draft.kind != "avgpool":
            return True
        (source,) = draft.sources
        read = self.drafts[source].shape if source else self.input.shape
        sizes = zip(read[:-1], draft.window.kernel, strict=True)
        is_whole = all(size % taps == 0 for size, taps in sizes)
        return is_whole and draft.window.kernel == draft.window.stride

    def join(self, owner: str, sources: tuple[str, ...], shape: Shape) -> str:
        """Return the key of the `concat` of sources; it may extend another `concat`."""
        known = self.shared.get((JOINED, sources))
        if known is not None:
            return known
        rest = sources
        # In a DenseNet, each layer reads what an earlier layer reads, and more.
        for stop in range(len(sources) - 1, 1, -1):
            first = self.shared.get((JOINED, sources[:stop]))
            if first is not None:
                rest = (first, *sources[stop:])
                break
        key = self.free(f"{owner}_reads")
        self.add(StatementDraft(key, "concat", rest, shape, owner=owner))
        self.shared[JOINED, sources] = key
        return key

    def reads_input(self, key: str) -> bool:
        """Whether a source is the input or an average of the input."""
        return reads_input(self.drafts, key)


@dataclass(frozen=True, slots=True)
class CurrentLayer(KerasLayer):
    """A layer that is being read, with the builder of its statements.

    Its methods record decisions on it.
    """

    spec: SpecBuilder = field(kw_only=True)

    @property
    def context(self) -> ImportContext:
        return self.spec.context

    @property
    def is_read_alone(self) -> bool:
        """Whether no other layer reads the layer's first source."""
        return self.context.is_read_alone(self)

    def keep(self, why: str = "", option: str = "", topic: Topic | None = None) -> None:
        """Record what means the same in the spec."""
        self.spec.decide(Decision(self.name, option, "kept", why, topic=topic))

    def train(self, why: str, option: str = "", topic: Topic | None = None) -> None:
        """Record something that only training uses."""
        self.spec.decide(Decision(self.name, option, "training", why, topic=topic))

    def rewrite(self, why: str, option: str = "", topic: Topic | None = None) -> None:
        """Record what the spec replaces."""
        self.spec.decide(Decision(self.name, option, "rewritten", why, topic=topic))

    def refuse(self, error: RefusedLayerError, advice: str = "") -> Value:
        """Record a refusal, and return `BROKEN`.

        Layers that read this value are not refused for the same reason.
        """
        rule = error.rule
        if error.option and rule is LayerRefused:
            rule = OptionRefused
        decision = Decision(
            layer=self.name,
            option=error.option,
            verdict="refused",
            why=str(error),
            remedy=error.remedy or advice,
            rule=rule,
        )
        self.spec.decide(decision)
        return BROKEN
