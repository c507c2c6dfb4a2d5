"""The diagnostics of what was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from snnc.diagnostics import Diagnostic
from snnc.importer.model import Model
from snnc.importer.refusal import place
from snnc.importer.walk import Decision
from snnc.importer.wishes import REWRITES, Wishes
from snnc.source import Span

Cost = Callable[[Model, Wishes, tuple[str, str], str], str]


def diagnose(
    decisions: Sequence[Decision], model: Model, wishes: Wishes, path: str, cost: Cost
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each refusal, in the order of the layers.

    Parameters
    ----------
    cost :
        Says in a phrase what a rewrite of all max pools would cost.
    """
    span = place(path)
    kinds = {layer.name: layer.kind for layer in model.layers}
    refused = [d for d in decisions if d.verdict == "refused"]
    costs = ""
    is_asked = wishes.rewrite("maxpool") is not None
    if not is_asked and any(d.rule == "maxpool" for d in refused):
        offers = [("maxpool", by) for by in REWRITES["maxpool"]]
        said = (cost(model, wishes, offer, path) for offer in offers)
        costs = ", ".join(filter(None, said))
    found = [_diagnostic(d, kinds[d.layer], costs, span) for d in refused]
    return tuple(found) if found else tuple(_unused(decisions, wishes, span))


def _diagnostic(decision: Decision, kind: str, costs: str, span: Span) -> Diagnostic:
    from snnc.rules import imports  # a good model pays for none

    layer, why, remedy = decision.layer, decision.why, decision.remedy
    option = decision.option
    if decision.rule == "option":
        return imports.OptionRefused(
            span=span, layer=layer, kind=kind, option=option, why=why, remedy=remedy
        )
    if decision.rule == "activation":
        return imports.ActivationRefused(
            span=span, layer=layer, kind=kind, option=option, why=why, remedy=remedy
        )
    if decision.rule == "maxpool":
        return imports.MaxPoolRefused(
            span=span, layer=layer, kind=kind, why=why, costs=costs, remedy=remedy
        )
    if decision.rule == "linear":
        return imports.LinearLayer(
            span=span, layer=layer, kind=kind, why=why, remedy=remedy
        )
    if decision.rule == "input":
        return imports.InputRefused(
            span=span, layer=layer, kind=kind, why=why, remedy=remedy
        )
    return imports.LayerRefused(
        span=span, layer=layer, kind=kind, why=why, remedy=remedy
    )


def _unused(
    decisions: Sequence[Decision], wishes: Wishes, span: Span
) -> Iterator[Diagnostic]:
    rewritten = " ".join(d.why for d in decisions if d.verdict == "rewritten")
    for what, by in wishes.rewrites:
        if f"`{what}={by}`" not in rewritten:
            from snnc.rules.imports import RewriteUnused

            yield RewriteUnused(span=span, rewrite=f"{what}={by}")
