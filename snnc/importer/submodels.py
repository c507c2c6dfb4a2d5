"""Names and kinds of the submodels of a model."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importer.parts import Graph


def submodels(graph: Graph, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give the full name and the Keras class of each submodel, outer ones first."""
    for part in graph.parts:
        if part.inside is not None:
            name = f"{prefix}{part.name}"
            yield name, part.inside.kind
            yield from submodels(part.inside, f"{name}/")
