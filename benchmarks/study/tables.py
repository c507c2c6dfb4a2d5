"""The numbers as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

COLUMNS = {
    "swap": "naive swap",
    "tuned": "swap, scaled",
    "smooth": "snnc, smooth",
    "spikes": "snnc",
}
OURS = ("smooth", "spikes")
ROWS = {
    "keras": "Keras, float",
    "rate": "rates",
    "nengo": "spikes, Nengo",
    "loihi": "spikes, Loihi emulator",
}
WAYS = {"mean": "by the mean of the second half", "last": "by the last output"}
MOMENTS = 6
Cells = Sequence[str]


def page(network: dict[str, Any]) -> str:
    """Return the page of a network; an old measurement has a note."""
    parts = [
        f"# {network['title']}",
        *([network["note"]] if "note" in network else []),
        f"We used {network['train']} training examples and {network['test']} test"
        " examples.",
        _markdown(_accuracies(network)),
        *_refusals(network),
        _markdown(_chip(network)),
        _markdown(_rates(network)),
        _markdown(_moments(network)),
    ]
    return "\n\n".join(parts)


def write(folder: Path, known: list[dict[str, Any]]) -> None:
    """Write a file for each network."""
    for network in known:
        path = folder / f"{network['name']}.md"
        path.write_text(f"{page(network)}\n", encoding="utf-8")


def _accuracies(network: dict[str, Any]) -> Iterator[Cells]:
    columns = network["columns"]
    yield ("accuracy", "examples", *COLUMNS.values())
    for row, label in ROWS.items():
        cells = [columns[name].get(row, {}) for name in COLUMNS]
        counts = {cell["examples"] for cell in cells if "examples" in cell}
        (count,) = counts or {network["test"]}
        yield (label, str(count), *map(_accuracy, cells))


def _accuracy(cell: dict[str, Any]) -> str:
    if "accuracy" in cell:
        return percent(cell["accuracy"])
    return "refused" if "refused" in cell else ""


def _refusals(network: dict[str, Any]) -> Iterator[str]:
    swap = network["columns"]["swap"]
    yield (
        "The networks with swapped layers run in NengoDL's simulator. "
        "The other simulators give these results:"
    )
    lines = []
    for row, name in (("reference", "nengo.Simulator"), ("loihi", "nengo-loihi")):
        told = swap[row].get("refused")
        lines.append(f"- {name}: {'`' + told + '`' if told else 'it runs'}")
    yield "\n".join(lines)


def _emulator_columns(network: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the columns that ran on the emulator."""
    columns = network["columns"]
    return {name: columns[name] for name in OURS if "loihi" in columns[name]}


def _chip(network: dict[str, Any]) -> Iterator[Cells]:
    ran = _emulator_columns(network)
    cells = [column["loihi"] for column in ran.values()]
    yield ("on the emulator", *(COLUMNS[name] for name in ran))
    yield ("accuracy", *(percent(cell["accuracy"]) for cell in cells))
    yield ("95 % interval", *(_interval(cell["interval"]) for cell in cells))
    keras = ran["smooth"]["keras"]["accuracy"]
    lost = (100 * (keras - cell["accuracy"]) for cell in cells)
    yield ("below Keras, smooth, points", *(f"{points:.1f}" for points in lost))
    for way, label in WAYS.items():
        yield (label, *(percent(cell["decided"][way]) for cell in cells))
    yield ("each from rest", *(percent(cell["rest"]) for cell in cells))
    yield ("agreement with Keras", *(percent(c["agreement"]) for c in cells))
    yield ("spikes per example", *(f"{cell['spikes']:.0f}" for cell in cells))
    yield ("overflows", *(str(sum(cell["overflows"])) for cell in cells))
    yield ("cores", *(str(cell["cores"]) for cell in cells))


def _rates(network: dict[str, Any]) -> Iterator[Cells]:
    ran = _emulator_columns(network)
    layers = [column["loihi"]["layers"] for column in ran.values()]
    yield ("layer", "percentile", "range", *(COLUMNS[name] for name in ran))
    for found in zip(*layers, strict=True):
        name, low, high = (found[0][key] for key in ("name", "low", "high"))
        rates = [
            f"{layer['rate']:.0f} Hz" + ("" if layer["holds"] else ", not held")
            for layer in found
        ]
        yield (name, f"{found[0]['percentile']:g}", f"{low:g}..{high:g} Hz", *rates)


def _moments(network: dict[str, Any]) -> Iterator[Cells]:
    ran = _emulator_columns(network)
    curves = {name: column["loihi"]["curve"] for name, column in ran.items()}
    steps = len(next(iter(curves.values())))
    moments = [steps * part // MOMENTS for part in range(1, MOMENTS + 1)]
    yield ("presented for", *(f"{moment} ms" for moment in moments))
    for name, curve in curves.items():
        yield (COLUMNS[name], *(percent(curve[moment - 1]) for moment in moments))


def percent(share: float) -> str:
    """Write a share with the digits that 10,000 examples can resolve."""
    text = f"{100 * share:.2f}"
    return f"{text.removesuffix('0')} %"


def _interval(bounds: Sequence[float]) -> str:
    low, high = (f"{100 * bound:.1f}" for bound in bounds)
    return f"{low} to {high} %"


def _markdown(rows: Iterator[Cells]) -> str:
    head, *rest = (f"| {' | '.join(cells)} |" for cells in rows)
    columns = head.count("|") - 1
    return "\n".join([head, "|---" + "|--:" * (columns - 1) + "|", *rest])
