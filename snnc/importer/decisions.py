"""Decisions on each layer and its options, and the diagnostics of refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from snnc.diagnostics import Diagnostic
from snnc.importer.model import KerasModel
from snnc.importer.request import ImportRequest
from snnc.rules import imports
from snnc.source import Span, whole_file

Verdict = Literal["kept", "training", "rewritten", "refused"]
Rule = Literal["layer", "option", "activation", "maxpool", "input", "inputs", "foreign"]

VERDICTS: dict[Verdict, str] = {
    "kept": "kept",
    "training": "training only",
    "rewritten": "rewritten",
    "refused": "refused",
}
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


class RefusedLayerError(Exception):
    """Raised if a layer can't be imported.

    The arguments are attributes of its `Decision`. Without a remedy, the caller gives
    general advice.
    """

    def __init__(
        self, why: str, remedy: str = "", option: str = "", rule: Rule = "layer"
    ) -> None:
        super().__init__(why)
        self.remedy, self.option, self.rule = remedy, option, rule


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

    def decide(self, decision: Decision) -> None:
        self.decisions.append(decision)
        if not decision.option:
            self._told.add(decision.layer)
        if decision.verdict == "refused":
            self._refused.add(decision.layer)

    def tell(self, name: str, verdict: Verdict, why: str) -> None:
        """Record the verdict on a whole layer, unless there is one already."""
        if name not in self._told:
            self.decide(Decision(name, "", verdict, why))

    def become(self, name: str, why: str) -> None:
        """Replace the reason for keeping or rewriting a layer with a more exact one."""
        for place, d in enumerate(self.decisions):
            if (d.layer, d.option) == (name, "") and d.verdict in ("kept", "rewritten"):
                self.decisions[place] = replace(d, why=why)

    def lose(self, name: str, option: str, why: str) -> None:
        """Change an option's verdict to ``training``."""
        for place, d in enumerate(self.decisions):
            if d.layer == name and d.option.startswith(option):
                self.decisions[place] = replace(d, verdict="training", why=why)

    @property
    def has_refused(self) -> bool:
        """Whether any layer prevents the import."""
        return bool(self._refused)

    def is_refused(self, name: str) -> bool:
        return name in self._refused


_RULES: dict[Rule, type[Diagnostic]] = {
    "layer": imports.LayerRefused,
    "option": imports.OptionRefused,
    "activation": imports.ActivationRefused,
    "maxpool": imports.MaxPoolRefused,
    "input": imports.InputRefused,
    "inputs": imports.SeveralModelInputs,
    "foreign": imports.CustomObject,
}


def diagnose(
    decisions: Sequence[Decision],
    model: KerasModel,
    request: ImportRequest,
    path: str,
    costs: Callable[[], str],
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each cause of refusals, in the order of the layers.

    Parameters
    ----------
    costs :
        Returns a phrase with the costs of rewriting all max pools.
    """
    span = whole_file(Path(path))
    kinds = {layer.name: layer.kind for layer in model.layers}
    causes: dict[Cause, dict[str, str]] = {}
    for d in decisions:
        if d.verdict == "refused":
            layers = causes.setdefault((d.rule, d.option, d.why, d.remedy), {})
            layers[d.layer] = kinds[d.layer]
    if not causes:
        return tuple(_report_unused(decisions, request, span))
    has_pools = any(rule == "maxpool" for rule, *_ in causes)
    offer = costs() if has_pools and request.rewrite("maxpool") is None else ""
    diagnostics: list[Diagnostic] = []
    for (rule, option, why, remedy), layers in causes.items():
        fields: dict[str, Any] = {
            "layers": tuple(layers),
            "kinds": tuple(dict.fromkeys(layers.values())),
            "why": why,
            "advice": remedy,
        }
        if rule == "maxpool":
            fields["costs"] = offer
        elif rule in ("option", "activation"):
            fields["option"] = option
        diagnostics.append(_RULES[rule](span=span, **fields))
    return tuple(diagnostics)


def _report_unused(
    decisions: Sequence[Decision], request: ImportRequest, span: Span
) -> Iterator[Diagnostic]:
    rewritten = " ".join(d.why for d in decisions if d.verdict == "rewritten")
    for what, by in request.rewrites:
        if f"`{what}={by}`" not in rewritten:
            yield imports.RewriteUnused(span=span, rewrite=f"{what}={by}")
