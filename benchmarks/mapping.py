"""Print how long networks take to map, and `snnc build` as a whole process.

Run it as ``python benchmarks/mapping.py``. Mapping is timed inside a process, in five
new processes, so that nothing is remembered of the run before; `snnc build` is timed
from outside, nine times. Medians are printed. Chains are linear if ten times the layers
take ten times as long; sums in a row are connections by the square.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.ir.lowered import LoweredNetwork
from snnc.passes.place import place
from snnc.source import SourceFile

HERE = Path(__file__).parent
CIFAR10 = HERE / "cifar10.snn"
CHAINS = (10, 30, 100)
SUMS = (75, 150, 300)

CONV3D = """\
snn 1

network clips {
  target loihi { chips 8 }
  input clip 16x36x64x3 in 0..1
  encode conv pixels { filters 8 }
  conv3d c0 { filters 32, stride 1x2x2 }
  conv3d c1 { filters 64, stride 2 }
  conv3d c2 { filters 64, stride 2 }
  dense d0 { units 256 }
  readout kind { classes 12 }
}
"""


def chain(layers: int) -> str:
    """Return a chain of convolutions of two sizes."""
    lines = [
        f"  conv2d c{i} {{ filters {4 + i % 2}, padding same }}" for i in range(layers)
    ]
    head = "  target loihi { chips 64 }\n  input x 16x16x1 in 0..1\n  encode rate"
    body = "\n".join((head, *lines, "  readout y { classes 2 }"))
    return f"snn 1\n\nnetwork chain {{\n{body}\n}}\n"


def residual(blocks: int) -> str:
    """Return blocks of two convolutions with a shortcut around each."""
    lines = ["  conv2d s0 { filters 16, padding same }"]
    for i in range(blocks):
        lines.append(f"  conv2d a{i} {{ filters 16, padding same }}")
        tail = f"shortcut s{i}"
        lines.append(f"  conv2d s{i + 1} {{ filters 16, padding same, {tail} }}")
    head = "  target loihi { chips 64 }\n  input x 16x16x1 in 0..1\n  encode rate"
    body = "\n".join((head, *lines, "  readout y { classes 2 }"))
    return f"snn 1\n\nnetwork blocks {{\n{body}\n}}\n"


def sums(count: int) -> str:
    """Return convolutions, each of the sum of all before: half of ``count`` squared."""
    lines = [
        "  conv2d c0 { filters 2, kernel 1 }",
        "  conv2d c1 { filters 2, kernel 1 }",
    ]
    before = "c0"
    for i in range(1, count):
        lines.append(f"  add s{i} from {before}, c{i}")
        lines.append(f"  conv2d c{i + 1} {{ filters 2, kernel 1 }}")
        before = f"s{i}"
    head = "  target loihi { chips 64 }\n  input x 2x2x1 in 0..1\n  encode rate"
    body = "\n".join((head, *lines, "  readout y { classes 2 }"))
    return f"snn 1\n\nnetwork sums {{\n{body}\n}}\n"


def lower_spec(text: str) -> LoweredNetwork:
    """Return a spec's lowered network, which the mapper starts from."""
    report = Diagnostics()
    results = compile_spec(SourceFile("x.snn", text), report, through="lower")
    assert not report.errors, report.diagnostics[0].message
    assert results.lowered is not None
    return results.lowered


def median(run: Callable[[], object], times: int) -> float:
    """Return the median of the seconds that some runs take."""
    return statistics.median(_seconds(run) for _ in range(times))


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def once(name: str) -> None:
    """Print the cores of a network and the seconds that mapping takes."""
    network = lower_spec(NETWORKS[name])
    started = time.perf_counter()
    mapped = place(network, Diagnostics())
    took = time.perf_counter() - started
    assert mapped is not None, name
    print(mapped.cores, took)


def mapping(name: str) -> None:
    """Print one network's cores and mapping time."""
    command = [sys.executable, __file__, name]
    runs = [subprocess.check_output(command, text=True).split() for _ in range(5)]
    took = statistics.median(float(seconds) for _, seconds in runs)
    print(f"{name:24} {runs[0][0]:>5} cores {1000 * took:8.1f} ms")


def build() -> float:
    """Return the median of `snnc build` as a process, into a new folder each time."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(100))

        def run() -> None:
            out = f"{folder}/{next(numbers)}"
            command = [sys.executable, "-m", "snnc", "build", str(CIFAR10), "-o", out]
            subprocess.run(command, check=True, capture_output=True)

        run()
        return median(run, 9)


NETWORKS = {
    "CIFAR-10 example": CIFAR10.read_text(encoding="utf-8"),
    "conv3d on 8 chips": CONV3D,
    "residual, 8 blocks": residual(8),
    **{f"chain of {layers}": chain(layers) for layers in CHAINS},
    **{f"{count} sums in a row": sums(count) for count in SUMS},
}


def main() -> None:
    """Print the table."""
    for name in NETWORKS:
        mapping(name)
    print(
        f"{'snnc build, CIFAR-10':24} {'':11} {1000 * build():8.1f} ms, whole process"
    )


if __name__ == "__main__":
    once(sys.argv[1]) if len(sys.argv) > 1 else main()
