"""Specs as text, and what can be read about the language."""

from __future__ import annotations

from typing import Any, Literal

from snnc.api.specs import FileName, Spec, as_spec
from snnc.loihi.profile import DEFAULT, read_profile


def convert(spec: Spec | FileName, to: Literal["snn", "yaml"] | None = None) -> str:
    """Return a spec in a notation, comments included.

    Parameters
    ----------
    spec
        A file, or a spec.
    to
        By default the one that it is not in.

    Raises
    ------
    SpecError
        If it has errors.
    """
    spec = as_spec(spec)
    return spec.to(to or ("snn" if spec.notation == "yaml" else "yaml"))


def fmt(spec: Spec | FileName) -> str:
    """Return a spec in the one true layout of its notation.

    Raises
    ------
    SpecError
        If it has errors.
    """
    spec = as_spec(spec)
    return spec.to(spec.notation)


def explain(code: str) -> str:
    """Return the page of a diagnostic's code, such as ``SNN301``, as Markdown.

    Raises
    ------
    ValueError
        If there is none; the text tells the nearest.
    """
    from snnc.resources import rule_page

    return rule_page(code)


def limits(device: str = DEFAULT) -> str:
    """Return what a device can hold, and where each number comes from, as a table."""
    from snnc.report.limits import text

    return text(read_profile(device))


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of YAML specs."""
    from snnc.language.schema import schema

    return schema()
