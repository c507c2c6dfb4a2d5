"""What is known and decided of a model while its layers are gone through in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from snnc.importer.draft import BROKEN, INPUT, Draft, Value
from snnc.importer.model import Layer, Model
from snnc.importer.wishes import Range, Wishes

Verdict = Literal["kept", "training", "rewritten", "refused"]
Rule = Literal["layer", "option", "activation", "maxpool", "linear", "input"]

VERDICTS: dict[Verdict, str] = {
    "kept": "kept",
    "training": "training only",
    "rewritten": "rewritten",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the explanation.

    Attributes
    ----------
    layer :
        The layer's name in Keras.
    option :
        An option of it with its value, such as ``padding same``; empty for the layer
        as a whole.
    verdict :
        ``kept``: means the same in the spec. ``training``: matters to training alone.
        ``rewritten``: by something else. ``refused``: keeps the model from import.
    why :
        A phrase.
    remedy :
        What to do about it, to be typed where possible; empty where nothing is due.
    rule :
        The diagnostic that tells a refusal.
    """

    layer: str
    option: str
    verdict: Verdict
    why: str = ""
    remedy: str = ""
    rule: Rule = "layer"


STATEMENTS = ("`conv1d`", "`conv2d`", "`conv3d`", "`dense`")
"""What layers are kept as, unless more is known of them."""


class Walk:
    """Drafts, values and decisions so far.

    Attributes
    ----------
    drafts :
        By key, in the order of the spec.
    values :
        The output of each Keras layer.
    decisions :
        In the order of the layers.
    scaling :
        The factor and offset that the input is scaled by.
    final :
        The activation of the model's output, such as ``softmax``.
    """

    def __init__(self, model: Model, wishes: Wishes) -> None:
        self.model = model
        self.wishes = wishes
        self.drafts: dict[str, Draft] = {}
        self.values: dict[str, Value] = {}
        self.decisions: list[Decision] = []
        self.scaling = (1.0, 0.0)
        self.final = "linear"
        self.layers = {layer.name: layer for layer in model.layers}
        self._readers = _readers(model)

    @property
    def given(self) -> Range:
        """The range of the input's values."""
        if self.wishes.values is not None:
            return self.wishes.values
        # An 8-bit picture is what is divided by 255, or by 127.5.
        return (0.0, 255.0) if 0 < self.scaling[0] <= 1 / 64 else (0.0, 1.0)

    @property
    def seen(self) -> Range:
        """The range behind a `Rescaling`, which the encoder sees."""
        scale, offset = self.scaling
        low, high = (_clean(value * scale + offset) for value in self.given)
        return low, high

    def source(self, layer: Layer) -> Value:
        """Return what a layer of one input reads."""
        return self.values[layer.reads[0]]

    def is_read_once(self, name: str) -> bool:
        return self._readers[name] == 1

    def is_last(self, layer: Layer) -> bool:
        return layer.name in self.model.outputs and not self._readers[layer.name]

    def add(self, draft: Draft) -> None:
        self.drafts[draft.layer] = draft

    def change(self, key: str, **changes: Any) -> None:
        self.drafts[key] = replace(self.drafts[key], **changes)

    def keep(self, layer: Layer, why: str = "", option: str = "") -> None:
        self.decisions.append(Decision(layer.name, option, "kept", why))

    def train(self, layer: Layer, why: str, option: str = "") -> None:
        """Note what only training uses."""
        self.decisions.append(Decision(layer.name, option, "training", why))

    def rewrite(
        self, layer: Layer, why: str, option: str = "", remedy: str = ""
    ) -> None:
        self.decisions.append(Decision(layer.name, option, "rewritten", why, remedy))

    def become(self, layer: Layer, why: str) -> None:
        """Say more exactly what a layer was said to be kept as."""
        self.decisions = [
            Decision(layer.name, "", d.verdict, why)
            if d.layer == layer.name and not d.option and d.why in STATEMENTS
            else d
            for d in self.decisions
        ]

    def retell(self, name: str, verdict: Verdict, why: str) -> None:
        """Say something else of a layer as a whole."""
        kept = [d for d in self.decisions if d.layer != name or d.option]
        self.decisions = [*kept, Decision(name, "", verdict, why)]

    def lose(self, name: str, option: str, why: str) -> None:
        """Say that an option that was said to be kept is not."""
        self.decisions = [
            replace(d, verdict="training", why=why)
            if d.layer == name and d.option.startswith(option)
            else d
            for d in self.decisions
        ]

    def refuse(
        self,
        layer: Layer,
        why: str,
        remedy: str,
        option: str = "",
        rule: Rule = "layer",
    ) -> Value:
        """Note a refusal; the value that it gives stops further ones."""
        rule = "option" if option and rule == "layer" else rule
        found = Decision(layer.name, option, "refused", why, remedy, rule)
        self.decisions.append(found)
        return BROKEN

    def is_refused(self, name: str) -> bool:
        return any(d.layer == name and d.verdict == "refused" for d in self.decisions)

    def reads_input(self, value: Value) -> bool:
        """Whether a value is the input's, or an average of it."""
        key = value.source
        while key and self.drafts[key].kind == "avgpool":
            key = self.drafts[key].sources[0]
        return key == INPUT

    def spiking(self, layer: Layer, value: Value) -> Value:
        """Return what a layer reads if neurons, or the input, give it; else refuse."""
        if value.broken or value.stage != "linear" or value.neurons is None:
            return value
        before = self.layers[value.neurons]
        if not self.is_refused(before.name):
            self.refuse(
                before,
                f"`{layer.name}` reads it without an activation between",
                "give it `activation='relu'`, or merge the two layers into one",
                rule="linear",
            )
        return replace(value, stage="spikes")


def _clean(value: float) -> float:
    """Return 1.0 for 255 * 0.003921569."""
    near = round(value, 6)
    return near if abs(near - value) < 1e-6 else value


def _readers(model: Model) -> Mapping[str, int]:
    found = {layer.name: 0 for layer in model.layers}
    for layer in model.layers:
        for name in layer.reads:
            found[name] += 1
    return found
