"""The documentation page of a diagnostic, from its class."""

from __future__ import annotations

import inspect

from snnc.diagnostics.diagnostic import Diagnostic


def page(rule: type[Diagnostic]) -> str:
    """Title and docstring of a rule, as Markdown without a final line end."""
    text = inspect.cleandoc(rule.__doc__ or "")
    return f"# {rule.code}: {rule.title}\n\n{text}"
