"""Count the files and the moves between files of three walks through snnc.

A move is a call of a function in one of our files from another one of them, whatever is
called in between. The first walk takes a spec with a convolution from its text to the
files of its package; its part up to located syntax is counted too. The others are the
import of a Keras model with six layers and an evaluation by the exact engine. Run it as
``python -m benchmarks.walks``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import numpy as np

import snnc
from snnc.diagnostics import Diagnostics
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, run_passes
from snnc.source import SourceFile

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "tests" / "importer" / "data" / "k3_chain.keras"
SPEC = """\
snn 2

network small {
  input image 28x28x1 in 0..1
  encode conv { filters 2 }
  conv2d c0 { filters 8, kernel 3 }
  dense d0 { units 64 }
  readout digit { classes 10 }
}
"""


@dataclass
class Walk:
    """Counts moves while it is the profile of a thread.

    Attributes
    ----------
    folders
        Where our files are.
    """

    folders: tuple[str, ...]
    files: set[str] = field(default_factory=set)
    moves: int = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Count a call, if it comes from another file."""
        here = frame.f_code.co_filename
        if event != "call" or not here.startswith(self.folders):
            return
        self.files.add(here)
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith(self.folders):
            caller = caller.f_back
        self.moves += caller is not None and caller.f_code.co_filename != here


def walk(steps: Callable[[], object], *folders: Path) -> Walk:
    """Take the steps twice, and count the second time, when all is imported."""
    steps()
    counted = Walk(tuple(f"{folder}/" for folder in (ROOT / "snnc", *folders)))
    sys.setprofile(counted)
    try:
        steps()
    finally:
        sys.setprofile(None)
    return counted


def compile_text(through: str) -> None:
    """Run the passes on the small spec, up to one of them."""
    report = Diagnostics()
    made = Compilation(SourceFile("small.snn", SPEC), read_profile())
    run_passes(made, report, through)
    assert not report.errors


def evaluate(folder: Path) -> Callable[[], object]:
    """Return the evaluation of the small spec's package on two random images."""
    package = snnc.parse(SPEC).build(folder)
    random = np.random.default_rng(0)
    tensors = package.layout.TENSORS
    weights = {
        t.name: random.normal(0, 0.1, t.shape).astype(np.float32) for t in tensors
    }
    x, y = random.random((2, 28, 28, 1), dtype=np.float32), np.array([3, 7])
    return lambda: package.evaluate(x, y, weights, workers=1, progress=False)


def main() -> None:
    """Print one line for each walk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        rows = {
            "text to located syntax": walk(lambda: compile_text("parse")),
            "text to the package's files": walk(lambda: compile_text("emit")),
            "import of six Keras layers": walk(
                lambda: snnc.import_keras(MODEL, tell=lambda text: None)
            ),
            "exact evaluation": walk(evaluate(folder), folder),
        }
    print(f"{'walk':28} {'files':>5} {'moves':>6}")
    for title, counted in rows.items():
        print(f"{title:28} {len(counted.files):5} {counted.moves:6,}")


if __name__ == "__main__":
    main()
