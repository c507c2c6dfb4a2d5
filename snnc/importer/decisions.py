"""Decisions on each layer and its options, and the diagnostics of refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
