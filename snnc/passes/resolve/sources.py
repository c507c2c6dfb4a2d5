"""Check how many layers each layer reads, and name layers that it could read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.ir.shapes import Shape
from snnc.operations import OPERATIONS
from snnc.operations.base import Draft

Shapes = Mapping[str, Shape]
"""The known shapes of layers."""


def find_source_problems(
    draft: Draft, readable: Sequence[str], shapes: Shapes
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the number of sources of a layer.

    ``readable`` are the names of the layers that it could read.
    """
    if OPERATIONS[draft.kind].joins:
        yield from _problems_of_join(draft, readable, shapes)
    elif len(draft.spec.sources) > 1:
        yield _too_many(draft, readable, shapes)


def _problems_of_join(
    draft: Draft, readable: Sequence[str], shapes: Shapes
) -> Iterator[Diagnostic]:
    sources = draft.spec.sources
    kind = draft.kind
    if len(sources) < 2:
        yield rules.references.TooFewSources(
            span=draft.span,
            name=draft.name,
            kind=kind,
            count=len(sources),
            advice=_advise_lone_join(draft, readable, shapes),
        )
    advice = "name each layer only once"
    if len(set(sources)) == 1:
        advice = f"remove the `{kind}`, and read `{sources[0]}` instead"
    for index, source in enumerate(sources):
        if source in sources[:index]:
            yield rules.references.RepeatedSource(
                span=draft.place.sources[index],
                kind=kind,
                source=source,
                advice=advice,
            )


def _advise_lone_join(draft: Draft, readable: Sequence[str], shapes: Shapes) -> str:
    """Name two layers that a join could read, or say how to do without the join."""
    sources = draft.spec.sources
    kind = draft.kind
    written = draft.name if draft.place.name else ""
    # Prefer the layers nearest to the join.
    others = [name for name in reversed(readable) if name not in sources]
    pairs = [(*sources, other) for other in others]
    if not sources:
        pairs = [(first, second) for second, first in combinations(others, 2)]
    for pair in pairs:
        if kind in _joins(pair, shapes):
            head = f"{kind} {written}".rstrip()
            return f"write `{head} from {', '.join(pair)}`"
    if sources:
        return f"remove the `{kind}`, and read `{sources[0]}` instead"
    return "name two layers after `from`"


def _too_many(draft: Draft, readable: Sequence[str], shapes: Shapes) -> Diagnostic:
    sources = draft.spec.sources
    places = draft.place.sources
    # The suggested line must also work if the spec has a layer called `both`.
    name = "both" if "both" not in readable else f"before_{draft.name}"
    joins = _joins(sources, shapes)
    lines = [f"`{kind} {name} from {', '.join(sources)}`" for kind in joins]
    advice = "name one of them, since their shapes can't be joined"
    if lines:
        advice = f"join them first, {' or '.join(lines)}, and write `from {name}`"
    return rules.references.TooManySources(
        span=places[1].to(places[-1]),
        name=draft.name,
        kind=draft.kind,
        count=len(sources),
        advice=advice,
    )


def _joins(sources: Sequence[str], shapes: Shapes) -> list[str]:
    """Return the kinds of joins that suit the shapes; both if a shape is unknown."""
    known = {shapes[name] for name in sources if name in shapes}
    if len(known) == 1 or any(name not in shapes for name in sources):
        return ["add", "concat"]
    return ["concat"] if len({shape[:-1] for shape in known}) == 1 else []
