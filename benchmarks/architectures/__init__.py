"""Architectures from publications, and what becomes of each.

`python -m benchmarks.architectures` prints the shares that are imported as they are,
with rewrites and not at all, and the obstacles by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.architectures import images, others, signals
from benchmarks.architectures.net import Build
from snnc.importer.convert import convert
from snnc.importer.graph import build
from snnc.importer.model import REWRITES, ImportRequest

ALL: Mapping[str, Build] = {
    make.__name__: make
    for domain in (images, signals, others)
    for make in domain.MODELS
}
REWRITTEN = tuple((what, bys[0]) for what, bys in REWRITES.items())


@dataclass(frozen=True)
class Verdict:
    """Whether a model is imported ``as it is``, ``with rewrites`` or ``refused``."""

    share: str
    obstacles: tuple[str, ...]


def verdict(make: Build) -> Verdict:
    """Import a model without its weights."""
    model, _ = build(make().config(), None, None)
    found = convert(model, ImportRequest(), "model.json")
    if found.written is not None:
        return Verdict("as it is", ())
    told = [problem.message for problem in found.problems]
    obstacles = tuple(text.split("can't be imported: ")[-1] for text in told)
    again = convert(model, ImportRequest(rewrites=REWRITTEN), "model.json")
    share = "refused" if again.written is None else "with rewrites"
    return Verdict(share, tuple(sorted(set(obstacles))))
