"""The diagnostics of what was refused: one for each cause, with its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from snnc.diagnostics import Diagnostic
from snnc.importer.decisions import Decision, Rule
from snnc.importer.model import Model
from snnc.importer.refusal import place
from snnc.importer.wishes import REWRITES, Wishes
from snnc.source import Span

Cost = Callable[[Model, Wishes, tuple[str, str], str], str]
Cause = tuple[Rule, str, str, str]


def diagnose(
    decisions: Sequence[Decision], model: Model, wishes: Wishes, path: str, cost: Cost
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each cause of refusals, in the order of the layers.

    Parameters
    ----------
    cost :
        Says in a phrase what a rewrite of all max pools would cost.
    """
    span = place(path)
    kinds = {layer.name: layer.kind for layer in model.layers}
    causes: dict[Cause, list[str]] = {}
    for d in decisions:
        if d.verdict == "refused":
            layers = causes.setdefault((d.rule, d.option, d.why, d.remedy), [])
            layers += [d.layer] * (d.layer not in layers)
    costs = ""
    is_asked = wishes.rewrite("maxpool") is not None
    if not is_asked and any(rule == "maxpool" for rule, *_ in causes):
        offers = [("maxpool", by) for by in REWRITES["maxpool"]]
        said = (cost(model, wishes, offer, path) for offer in offers)
        costs = ", ".join(filter(None, said))
    found = [_diagnostic(c, layers, kinds, costs, span) for c, layers in causes.items()]
    return tuple(found) if found else tuple(_unused(decisions, wishes, span))


def _diagnostic(
    cause: Cause, layers: list[str], kinds: dict[str, str], costs: str, span: Span
) -> Diagnostic:
    from snnc.rules import architectures, imports  # a good model pays for none

    rule, option, why, remedy = cause
    same: dict[str, Any] = {
        "span": span,
        "layers": tuple(layers),
        "kinds": tuple(dict.fromkeys(kinds[layer] for layer in layers)),
        "why": why,
        "remedy": remedy,
    }
    if rule == "maxpool":
        return imports.MaxPoolRefused(**same, costs=costs)
    if rule == "option":
        return imports.OptionRefused(**same, option=option)
    if rule == "activation":
        return imports.ActivationRefused(**same, option=option)
    if rule == "input":
        return imports.InputRefused(**same)
    if rule == "inputs":
        return architectures.SeveralInputs(**same)
    if rule == "foreign":
        return architectures.CustomObject(**same)
    return imports.LayerRefused(**same)


def _unused(
    decisions: Sequence[Decision], wishes: Wishes, span: Span
) -> Iterator[Diagnostic]:
    rewritten = " ".join(d.why for d in decisions if d.verdict == "rewritten")
    for what, by in wishes.rewrites:
        if f"`{what}={by}`" not in rewritten:
            from snnc.rules.imports import RewriteUnused

            yield RewriteUnused(span=span, rewrite=f"{what}={by}")
