"""Small networks, and what their generated packages compute on the stack at hand.

Between them they have every neuron, a 3-D and a 1-D convolution cut into groups,
batch norm, both kinds of shortcut, both kinds of pool, causal taps apart, a signed
encoder and a regression.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from snnc.emit.files import Origin
from tests.support import sound, write_modules

CLIPS = """snn 1

network both_clips {
  timing { dt 1 ms, present 40 ms, synapse 5 ms }
  defaults { rate 20..200 Hz }
  input clip 4x8x8x1 in 0..1
  encode conv { filters 2 }
  conv3d c0 { filters 4, kernel 3x3x3, stride 1x2x2, batchnorm on }
  conv3d c1 { filters 4, kernel 1, shortcut c0 }
  dense d0 { units 12, shortcut c0, dropout 0.2 }
  readout kind { classes 4 }
  train { loss focal, batch 8, epochs 2, label_smoothing 0.1 }
}
"""

WAVES = """snn 1

network both_waves {
  timing { dt 1 ms, present 40 ms, synapse 5 ms }
  neuron lif { tau_rc 20 ms, tau_ref 2 ms }
  input wave 24x2 in -1..1
  encode rate
  conv1d c0 { filters 6, kernel 3, padding causal, dilation 2, batchnorm on }
  maxpool p0 { window 2 }
  avgpool { window 2 }
  dense d0 { units 8 }
  readout level { units 2 }
  train { optimizer adamw, schedule cosine, batch 8, epochs 2 }
}
"""

TEXTS = {"both_clips": CLIPS, "both_waves": WAVES}

EXAMPLES = 6


@dataclass(frozen=True, slots=True)
class Package:
    """A written package, and examples and weights for it."""

    name: str
    folder: Path
    x: Any
    y: Any

    @property
    def weights(self) -> Path:
        """Where the package's random weights are."""
        return self.folder / f"{self.name}.safetensors"

    def module(self, name: str) -> ModuleType:
        """Import a module of the package."""
        return importlib.import_module(f"{self.name}.{name}")


def write(name: str, folder: Path) -> Path:
    """Write a package under ``folder``; it is not imported."""
    origin = Origin(f"specs/{name}.snn", "models")
    return write_modules(sound(TEXTS[name], "emit"), folder / name, origin)


@contextmanager
def importable(name: str, folder: Path) -> Iterator[Package]:
    """Write a package with examples and weights, and let it be imported."""
    write(name, folder)
    sys.path.insert(0, str(folder))
    try:
        yield _write_inputs(name, folder)
    finally:
        sys.path.remove(str(folder))
        for module in [m for m in sys.modules if m.split(".")[0] == name]:
            del sys.modules[module]


def _write_inputs(name: str, folder: Path) -> Package:
    network = importlib.import_module(f"{name}.network")
    layout = importlib.import_module(f"{name}.layout")
    rng = np.random.default_rng(7)
    read, readout = network.INPUT, network.READOUT
    x = rng.uniform(read.low, read.high, (EXAMPLES, *read.shape)).astype("f4")
    y = np.arange(EXAMPLES) % 4
    if not readout.classes:
        y = rng.uniform(-1, 1, (EXAMPLES, readout.units)).astype("f4")
    package = Package(name, folder, x, y)
    layout.save_weights(
        package.weights, {t.name: _draw_weights(t, rng) for t in layout.TENSORS}
    )
    np.savez(folder / f"{name}.npz", x=x, y=y)
    return package


def _draw_weights(tensor: Any, rng: np.random.Generator) -> Any:
    """Return weights in sixteenths: sums of them depend on no order of adding."""
    fan_in = max(1, int(np.prod(tensor.shape[:-1])))
    spread = 3 / np.sqrt(fan_in) if len(tensor.shape) > 1 else 0.2
    drawn = rng.uniform(-0.5, 1, tensor.shape) * spread
    return (np.rint(drawn * 64) / 64).astype("f4")
