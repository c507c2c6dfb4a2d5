"""Print how long `check` takes for 10, 100 and 1000 layers, and the ratios.

Run it as ``python benchmarks/check.py``; linear time shows as ratios near 10.
"""

from __future__ import annotations

import time

from snnc.diagnostics import Report
from snnc.driver import compile_spec
from snnc.source import SourceFile

SIZES = (10, 100, 1000)


def spec(layers: int) -> str:
    """Return a chain of convolutions, each with a shortcut over two layers."""
    head = "target loihi { chips 8 }\n  input x 8x8x1 in 0..1\n  encode rate"
    lines = [
        f"conv2d c{i} {{ filters 2, padding same{_over(i)} }}" for i in range(layers)
    ]
    body = "\n  ".join((head, *lines, "readout y { classes 2 }"))
    return f"snn 1\n\nnetwork deep {{\n  {body}\n}}\n"


def _over(layer: int) -> str:
    return f", shortcut c{layer - 2}" if layer > 1 and layer % 3 == 2 else ""


def seconds(text: str) -> float:
    """Return the best of three runs."""
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    started = time.perf_counter()
    report = Report()
    compile_spec(SourceFile("deep.snn", text), report, through="place")
    assert not report.diagnostics, report.diagnostics[0].render_message()
    return time.perf_counter() - started


def main() -> None:
    """Print one line for each size."""
    _once(spec(1))
    before: float | None = None
    for layers in SIZES:
        took = seconds(spec(layers))
        ratio = f"{took / before:5.1f} x" if before else ""
        print(f"{layers:5} layers {1000 * took:8.1f} ms {ratio}")
        before = took


if __name__ == "__main__":
    main()
