"""Count the cores of nengo-loihi's CIFAR-10 network with layers in parts.

Run it from the repository's root as ``python -m benchmarks.parts``. Parts are parallel
layers with fewer filters, which `concat` joins: the same network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from benchmarks.league import SPECS
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
from snnc.text.tables import table

THREE = {"c1": (24, 24, 24)}
WAYS: Sequence[Mapping[str, Sequence[int]]] = (
    {},
    {"c1": (36, 36)},
    THREE,
    {"c1": (32, 32, 8)},
    {"c1": (18,) * 4},
    {**THREE, "c2": (128,) * 2},
    {**THREE, "c2": (64,) * 4},
    {**THREE, "c2": (32,) * 8},
    {**THREE, "c2": (144, 112)},
    {**THREE, "c0": (32, 32)},
    {**THREE, "c4": (32, 32)},
    {**THREE, "c3": (32,) * 8},
)


def in_parts(spec: str, parts: Mapping[str, Sequence[int]]) -> str:
    """Write layers of a chain as several, by the filters of each."""
    lines, before = [], ""
    for line in spec.splitlines():
        layer = re.match(r"  (?:encode conv|conv2d|dense) (\w+)", line)
        name = layer[1] if layer else ""
        sizes = parts.get(name, ())
        for i, size in enumerate(sizes):
            part = line.replace(f" {name} ", f" {name}_{i} from {before} ")
            lines.append(re.sub(r"filters \d+", f"filters {size}", part))
        if sizes:
            names = ", ".join(f"{name}_{i}" for i in range(len(sizes)))
            lines.append(f"  concat {name} from {names}")
        else:
            lines.append(line)
        before = layer[1] if layer else before
    return "\n".join(lines) + "\n"


def cores(spec: str) -> int:
    """The cores that a spec takes.

    Raises
    ------
    ValueError
        If it does not fit.
    """
    report = Diagnostics()
    mapped = compile_spec(SourceFile("parts.snn", spec), report, "place").mapped
    if mapped is None:
        raise ValueError(report.diagnostics[0].message)
    return mapped.cores


if __name__ == "__main__":
    whole = (SPECS / "nengo_cifar10.snn").read_text(encoding="utf-8")
    rows = [
        (
            "; ".join(f"{name} {' + '.join(map(str, n))}" for name, n in way.items()),
            str(cores(in_parts(whole, way))),
        )
        for way in WAYS
    ]
    print("\n".join(table(("parts", "cores"), rows, right=(1,))))
