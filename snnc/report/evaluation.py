"""Write the result of an evaluation as HTML."""

from __future__ import annotations

from snnc.report.html import template
from snnc.tools.advice import advice
from snnc.tools.results import Result
from snnc.tools.summary import heading, scores, tables


def result_html(result: Result) -> str:
    """Return the result of an evaluation: tiles, tables and advice."""
    from markupsafe import Markup

    tiles = []
    for name, told in scores(result).rows:
        value, _, more = told.partition(", ")
        tiles.append((name, value, more))
    return template("result.html.jinja").render(
        title=f"{result.network} on {result.simulator}",
        about=heading(result),
        tiles=tiles,
        tables=[Markup(table.html()) for table in tables(result)],
        advice=list(advice(result)),
    )
