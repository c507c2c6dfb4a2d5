"""From pydantic's errors to diagnostics under the exact words, and sizes' ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostic
from snnc.language import scalars, tree
from snnc.language.keywords import keys_read_by, settings_of
from snnc.passes.validate.unknown import unknown_property
from snnc.passes.validate.wording import MAKERS, Written, shown
from snnc.source import Span

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
from snnc import rules
from snnc.language.keywords import USUAL

_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_SHARES = keys_read_by(scalars.share)


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
    if key == "percentile" and value is not None and 0 < value <= 1:
        return f"write `{key} {100 * value:g}`: it is of a hundred"
    usual = USUAL.get(key)
    return f"write, for example, `{key} {usual}`" if usual else ""


def _unit(node: Any) -> str:
    return f" {node.unit.text}" if isinstance(node, tree.Quantity) else ""


class Located:
    """The syntax of a statement by the path that pydantic gives for an error."""

    def __init__(self, values: Mapping[str, Any], whole: Span, names: Written) -> None:
        self.names = names
        self._values = values
        self._whole = whole

    def find(self, path: tuple[int | str, ...]) -> tuple[Span, str, Any]:
        """The span, the key and the syntax at a path, as near as it can be told."""
        node: Any = self._values
        span, key = self._whole, ""
        for index, step in enumerate(path):
            if _is_tag(node, step) and index + 1 < len(path):
                continue
            inner = _step(node, step)
            if inner is None:
                continue
            node = inner
            span = getattr(node, "span", span)
            key = step if isinstance(step, str) else key
        return span, key, node


def _is_tag(node: Any, step: int | str) -> bool:
    """Whether a step only names the choice, such as ``adam``, that is taken."""
    return isinstance(node, tree.Group) and node.name.text == step


def _step(node: Any, step: int | str) -> Any:
    """Go one step down; None where there is nothing written."""
    if isinstance(node, Mapping):
        return node.get(step)
    if isinstance(node, (list, tuple)) and isinstance(step, int):
        return node[step]
    if isinstance(node, tree.List) and isinstance(step, int):
        return node.items[step]
    if isinstance(node, tree.Group):
        return next((p.value for p in node.properties if p.key.text == step), None)
    return None


def translate(error: ErrorDetails, located: Located) -> Diagnostic:
    """Make a diagnostic of one error."""
    path = error["loc"]
    span, key, node = located.find(path)
    context = {"names": located.names, **error.get("ctx", {})}
    if isinstance(context.get("span"), Span):
        span = context["span"]
    if error["type"] in ("extra_forbidden", "not_taken"):
        return _not_taken(error, context, located)
    return MAKERS.get(error["type"], out_of_limits)(span, shown(key), node, context)


def _not_taken(
    error: ErrorDetails, context: dict[str, Any], located: Located
) -> Diagnostic:
    """A property that a choice such as ``adam`` or ``relu`` does not have."""
    key = context.get("key", error["loc"][-1])
    _, _, group = located.find(error["loc"][:1])
    prop = next(p for p in group.properties if p.key.text == key)
    owner = group.name.text
    return unknown_property(prop, owner, settings_of(owner))
