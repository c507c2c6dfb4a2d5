"""Decisions on each layer and its options, and the diagnostics of refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from snnc.diagnostics import Diagnostic
from snnc.importer.draft import BROKEN, Value
from snnc.importer.model import KerasLayer, KerasModel
from snnc.importer.request import REWRITES, ImportRequest
from snnc.rules import architectures, imports
from snnc.source import Span, whole_file

Verdict = Literal["kept", "training", "rewritten", "refused"]
Rule = Literal["layer", "option", "activation", "maxpool", "input", "inputs", "foreign"]

VERDICTS: dict[Verdict, str] = {
    "kept": "kept",
    "training": "training only",
    "rewritten": "rewritten",
    "refused": "refused",
}
Cost = Callable[[KerasModel, ImportRequest, tuple[str, str], str], str]
Cause = tuple[Rule, str, str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the explanation.

    Attributes
    ----------
    layer :
        The layer's name in Keras.
    option :
        One of the layer's options and its value, such as ``padding same``; empty for
        the layer as a whole.
    verdict :
        ``kept``: the option means the same in the spec. ``training``: the option only
        matters in training. ``rewritten``: it is replaced. ``refused``: it prevents the
        import.
    why :
        The reason, as a phrase.
    remedy :
        What the user can do, as a command if possible; empty if nothing is needed.
    rule :
        The kind of diagnostic that reports a refusal.
    """

    layer: str
    option: str
    verdict: Verdict
    why: str = ""
    remedy: str = ""
    rule: Rule = "layer"


class Decisions:
    """All lines of the explanation so far.

    Attributes
    ----------
    decisions :
        All decisions, in the order in which they were made.
    """

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self._told: set[str] = set()
        self._refused: set[str] = set()

    def tell(self, name: str, verdict: Verdict, why: str) -> None:
        """Record the verdict on a whole layer, unless there is one already."""
        if name not in self._told:
            self._decide(Decision(name, "", verdict, why))

    def _decide(self, decision: Decision) -> None:
        self.decisions.append(decision)
        if not decision.option:
            self._told.add(decision.layer)
        if decision.verdict == "refused":
            self._refused.add(decision.layer)

    def keep(self, layer: KerasLayer, why: str = "", option: str = "") -> None:
        self._decide(Decision(layer.name, option, "kept", why))

    def train(self, layer: KerasLayer, why: str, option: str = "") -> None:
        """Record something that only training uses."""
        self._decide(Decision(layer.name, option, "training", why))

    def rewrite(
        self, layer: KerasLayer, why: str, option: str = "", remedy: str = ""
    ) -> None:
        self._decide(Decision(layer.name, option, "rewritten", why, remedy))

    def become(self, name: str, why: str) -> None:
        """Replace the reason for keeping or rewriting a layer with a more exact one."""
        self.decisions = [
            replace(d, why=why)
            if d.layer == name and not d.option and d.verdict in ("kept", "rewritten")
            else d
            for d in self.decisions
        ]

    def lose(self, name: str, option: str, why: str) -> None:
        """Change an option's verdict to ``training``."""
        self.decisions = [
            replace(d, verdict="training", why=why)
            if d.layer == name and d.option.startswith(option)
            else d
            for d in self.decisions
        ]

    def refuse(
        self,
        layer: KerasLayer,
        why: str,
        remedy: str,
        option: str = "",
        rule: Rule = "layer",
    ) -> Value:
        """Record a refusal; the returned value prevents refusals of later layers."""
        rule = "option" if option and rule == "layer" else rule
        decision = Decision(layer.name, option, "refused", why, remedy, rule)
        self._decide(decision)
        return BROKEN

    @property
    def has_refused(self) -> bool:
        """Whether any layer prevents the import."""
        return bool(self._refused)

    def is_refused(self, name: str) -> bool:
        return name in self._refused


def diagnose(
    decisions: Sequence[Decision],
    model: KerasModel,
    request: ImportRequest,
    path: str,
    cost: Cost,
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each cause of refusals, in the order of the layers.

    Parameters
    ----------
    cost :
        Returns a phrase with the cost of rewriting all max pools.
    """
    span = whole_file(Path(path))
    kinds = {layer.name: layer.kind for layer in model.layers}
    causes: dict[Cause, list[str]] = {}
    for d in decisions:
        if d.verdict == "refused":
            layers = causes.setdefault((d.rule, d.option, d.why, d.remedy), [])
            layers += [d.layer] * (d.layer not in layers)
    costs = ""
    is_asked = request.rewrite("maxpool") is not None
    if not is_asked and any(rule == "maxpool" for rule, *_ in causes):
        offers = [("maxpool", by) for by in REWRITES["maxpool"]]
        said = (cost(model, request, offer, path) for offer in offers)
        costs = ", ".join(filter(None, said))
    diagnostics = [
        _diagnostic(c, layers, kinds, costs, span) for c, layers in causes.items()
    ]
    return (
        tuple(diagnostics)
        if diagnostics
        else tuple(_report_unused(decisions, request, span))
    )


_RULES: dict[Rule, type[Diagnostic]] = {
    "layer": imports.LayerRefused,
    "option": imports.OptionRefused,
    "activation": imports.ActivationRefused,
    "maxpool": imports.MaxPoolRefused,
    "input": imports.InputRefused,
    "inputs": architectures.SeveralModelInputs,
    "foreign": architectures.CustomObject,
}


def _diagnostic(
    cause: Cause, layers: list[str], kinds: dict[str, str], costs: str, span: Span
) -> Diagnostic:
    rule, option, why, remedy = cause
    same: dict[str, Any] = {
        "span": span,
        "layers": tuple(layers),
        "kinds": tuple(dict.fromkeys(kinds[layer] for layer in layers)),
        "why": why,
        "advice": remedy,
    }
    if rule == "maxpool":
        same["costs"] = costs
    elif rule in ("option", "activation"):
        same["option"] = option
    return _RULES[rule](**same)


def _report_unused(
    decisions: Sequence[Decision], request: ImportRequest, span: Span
) -> Iterator[Diagnostic]:
    rewritten = " ".join(d.why for d in decisions if d.verdict == "rewritten")
    for what, by in request.rewrites:
        if f"`{what}={by}`" not in rewritten:
            yield imports.RewriteUnused(span=span, rewrite=f"{what}={by}")
