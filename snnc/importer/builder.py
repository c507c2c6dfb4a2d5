"""Build the statements of one layer, and record decisions on layers."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from snnc.importer.context import ImportContext
from snnc.importer.decisions import Decision, RefusedLayerError, Topic, Verdict
from snnc.importer.linear import Fitted, LinearStep, Shape, Term
from snnc.importer.model import KerasLayer
from snnc.importer.state import Additions, ConversionState
from snnc.importer.values import BROKEN, StatementDraft, Value, View, plain, reads_input
from snnc.rules.imports import LayerRefused, OptionRefused

JOINED = ""
"""The name in `Additions.shared` of statements that join sources."""


class SpecBuilder:
    """Collects the additions of one layer; `ConversionState.fold` then adds them.

    Attributes
    ----------
    state :
        What the layers before have added; the builder does not change it.
    drafts :
        The drafts of the state, and the added or changed ones.
    finals, kept, shared :
        See `Additions`; they include the items of the state.
    input, absorbed :
        See `Additions`.
    """

    def __init__(self, state: ConversionState) -> None:
        self.state = state
        self._decisions: list[Decision] = []
        # Writes go to the first map of each chain, so the state stays as it is.
        self.drafts = ChainMap({}, state.drafts)
        self.kept = ChainMap({}, state.kept)
        self.shared = ChainMap({}, state.shared)
        self.input = state.input
        self.finals = ChainMap({}, state.finals)
        self.absorbed: set[str] = set()

    @property
    def context(self) -> ImportContext:
        return self.state.context

    def additions(self, outputs: Mapping[str, Value]) -> Additions:
        """Return all additions, with the outputs of the layers that were read."""
        return Additions(
            outputs=outputs,
            drafts=self.drafts.maps[0],
            decisions=tuple(self._decisions),
            input=self.input,
            finals=self.finals.maps[0],
            absorbed=frozenset(self.absorbed),
            kept=self.kept.maps[0],
            shared=self.shared.maps[0],
        )

    def layer(self, name: str) -> CurrentLayer:
        """Return a layer of the model, to record decisions on it."""
        plain = self.context.layers[name]
        return CurrentLayer(
            plain.name, plain.kind, plain.options, plain.reads, plain.shares, spec=self
        )

    @property
    def refused(self) -> set[str]:
        """The layers that were refused so far."""
        added = {d.layer for d in self._decisions if d.verdict == "refused"}
        return self.state.refused | added

    def decide(self, decision: Decision) -> None:
        """Record a decision."""
        self._decisions.append(decision)

    def tell(self, layer: str, verdict: Verdict, why: str) -> None:
        """Record the verdict on a whole layer, unless there is one already."""
        is_told = layer in self.state.judged or any(
            decision.layer == layer and not decision.option
            for decision in self._decisions
        )
        if not is_told:
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
