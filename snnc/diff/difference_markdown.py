"""A difference as a pull-request comment: the verdict first, then tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snnc.diff import Difference
from snnc.diff.changes import (
    LayerAdded,
    LayerChange,
    LayerChanged,
    LayerRemoved,
    LayerRenamed,
    WeightsChange,
    arrow,
)
from snnc.diff.cores import CoresTaken, UseChanged
from snnc.diff.difference_text import (
    budget_groups,
    core_lines,
    cost_line,
    same_sentence,
    verdict_sentence,
)
from snnc.text.tables import Row, code, dims, prose, table


def render(difference: Difference) -> str:
    """Write what changed as GitHub's Markdown, ending with a line end."""
    return "\n\n".join(_blocks(difference)) + "\n"


def _blocks(difference: Difference) -> Iterator[str]:
    yield f"### {code(difference.new.network)}"
    yield _headline(difference)
    yield _sides(difference)
    if difference.same:
        return
    yield from _weights(difference.weights)
    rows = [row for change in difference.layers for row in _layer(change)]
    yield from _table("Layers", ("layer", "property", "before", "after"), rows)
    rates = budget_groups(difference.rates).items()
    rows = [(_listed(layers), *map(code, change)) for change, layers in rates]
    yield from _table("Rates", ("layers", "before", "after"), rows)
    rows = [
        (section.name, change.key, code(change.old), code(change.new))
        for section in difference.sections
        for change in section.properties
    ]
    yield from _table("Settings", ("statement", "property", "before", "after"), rows)
    yield from _cores(difference)


def _headline(difference: Difference) -> str:
    if difference.same:
        return f"**{same_sentence(difference)}.**"
    head, colon, why = verdict_sentence(difference.weights).partition(":")
    sentences = "; ".join(core_lines(difference.cores)), cost_line(difference.cores)
    costs = "".join(f" {prose(_cause(s[:1].upper() + s[1:]))}." for s in sentences if s)
    return f"**{head}**{colon}{why}.{costs}"


def _sides(difference: Difference) -> str:
    old, new = difference.old, difference.new
    names = dict.fromkeys((old.network, new.network))
    return f"{' → '.join(map(code, names))}: {code(old.source)} → {code(new.source)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def _table(title: str, head: Row, rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    yield f"#### {title}"
    yield "\n".join(table(head, rows))


def _weights(weights: WeightsChange) -> Iterator[str]:
    causes = (*weights.causes, *weights.notes)
    if causes:
        yield "\n".join(f"- {code(c.subject)}: {_cause(c.text)}" for c in causes)
    if weights.verdict != "incompatible":
        return
    rows: list[Row] = [(code(t.name), dims(t.old), t.becomes) for t in weights.changed]
    rows += [
        (f"{code(t.old)} → {code(t.new)}", dims(t.shape), dims(t.shape))
        for t in weights.renamed
    ]
    rows += [(code(t.name), "", dims(t.shape)) for t in weights.added]
    rows += [(code(t.name), dims(t.shape), "") for t in weights.removed]
    yield from _table("Tensors", ("tensor", "before", "after"), rows)
    if weights.kept:
        yield f"Name and shape stay: {_listed(weights.kept)}."
    if weights.old_id != weights.new_id:
        yield f"Layout {code(weights.old_id)} → {code(weights.new_id)}."


def _cause(text: str) -> str:
    return text.replace(" -> ", " → ")


def _layer(change: LayerChange) -> Iterator[Row]:
    match change:
        case LayerAdded(name):
            yield code(name), "added", "", code(change.explain())
        case LayerRemoved(name):
            yield code(name), "removed", code(change.explain()), ""
        case LayerRenamed(old, new):
            yield code(new), "name", code(old), code(new)
        case LayerChanged(name, _, properties):
            for changed in properties:
                if changed.key not in ("rate", "percentile"):
                    yield code(name), changed.key, code(changed.old), code(changed.new)
        case _:
            yield "", "order", _listed(change.old), _listed(change.new)


def _cores(difference: Difference) -> Iterator[str]:
    cores = difference.cores
    rows = [_use_of(change) for change in cores.layers]
    if rows and isinstance(cores.old, CoresTaken) and isinstance(cores.new, CoresTaken):
        rows.append(("all", _arrow(cores.old.cores, cores.new.cores), "", ""))
    yield from _table("Cores", ("layer", "cores", "block", "fullest core"), rows)


def _use_of(change: UseChanged) -> Row:
    blocks = (block or "none" for block in change.blocks)
    shown = _arrow(*blocks) if any(change.blocks) else ""
    fuller = ", ".join(_cause(fuller.explain()) for fuller in change.fuller)
    return code(change.layer), _arrow(*change.cores), shown, fuller


def _arrow(old: object, new: object) -> str:
    return arrow(old, new).replace(" -> ", " → ")
