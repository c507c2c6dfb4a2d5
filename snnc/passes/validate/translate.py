"""From pydantic's errors to diagnostics under the exact words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostic
from snnc.passes.validate.limits import out_of_limits
from snnc.passes.validate.unknown import unknown_property
from snnc.passes.validate.wording import MAKERS, Written, shown
from snnc.source import Span
from snnc.spec.training import LOSSES, OPTIMIZERS
from snnc.syntax import tree

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


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
    return unknown_property(prop, owner, _keys_of(owner))


def _keys_of(choice: str) -> tuple[str, ...]:
    """The settings of a loss, an optimizer or a neuron."""
    if choice == "lif":
        return ("tau_rc", "tau_ref")
    for model in (*LOSSES, *OPTIMIZERS):
        if model.model_fields["kind"].default == choice:
            return tuple(key for key in model.model_fields if key != "kind")
    return ()
