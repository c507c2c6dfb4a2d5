"""The diagnostic of a number that is beyond a limit of its model, with a way out."""

from __future__ import annotations

from typing import Any

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.source import Span
from snnc.syntax import tree
from snnc.syntax.usual import USUAL

_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_SHARES = frozenset(("dropout", "label_smoothing", "validation"))


def out_of_limits(
    span: Span, key: str, node: Any, context: dict[str, Any]
) -> Diagnostic:
    """Say which limit a number passes, and which number near it does not."""
    name = next(name for name in _LIMITS if name in context)
    limit = f"{context[name]:g}"
    return rules.values.OutOfRange(
        span=span,
        key=key,
        reason=f"{span.text} is out of range",
        limit=f"it must be {_LIMITS[name]} {limit}",
        advice=_advice(key, name, limit, node),
    )


def _advice(key: str, name: str, limit: str, node: Any) -> str:
    if key == "cores" and name == "ge":
        return "remove it: then all cores of the chips may be used"
    if name in ("ge", "le"):
        return f"write `{key} {limit}{_unit(node)}`"
    value = getattr(node, "value", None)
    if key in _SHARES and isinstance(value, int) and 1 < value < 100:
        return f"write `{key} {value / 100:g}`: it is a share of 1, not a percentage"
    usual = USUAL.get(key)
    return f"write, for example, `{key} {usual}`" if usual else ""


def _unit(node: Any) -> str:
    return f" {node.unit.text}" if isinstance(node, tree.Quantity) else ""
