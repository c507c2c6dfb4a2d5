"""Where in one of two photographs a patch is from: colours, and depthwise layers.

The photographs come from ``sklearn.datasets.load_sample_images``. Patches are cut from
tiles, and no tile has patches of both training and test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.data import Split, shuffle

TILE, SIDE = 32, 16
TRAINED, TESTED = 10, 8  # patches of a tile
Drawn = tuple[list[NDArray[np.float64]], list[int]]
SPEC = """snn 1

network {name} {{
  timing {{ {timing} }}
  defaults {{ rate 20..150 Hz{norm} }}
  defaults depthwise2d {{ padding same }}

  input patch 16x16x3 in 0..1
  encode conv {{ filters 8, kernel 3, padding same }}

  depthwise2d a
  conv2d b {{ filters 16, kernel 1 }}
  depthwise2d c {{ stride 2 }}
  conv2d d {{ filters 32, kernel 1 }}
  avgpool {{ window all }}
  readout place {{ classes 8{decide} }}

  train {{ epochs {epochs}, optimizer adam {{ learning_rate 3e-3 }}, schedule cosine }}
}}
"""


USUAL = {"timing": "present 100 ms", "decide": "", "epochs": 25}
# More spikes for each decision
SLOW = {
    "timing": "present 200 ms, synapse 20 ms",
    "decide": ", decide last",
    "epochs": 25,
}


def spec(norm: bool, slow: bool = False) -> tuple[str, str]:
    """Return the name and the text of the spec, with or without batch norms."""
    name = f"depthwise_{'norm' if norm else 'plain'}{'_slow' if slow else ''}"
    norms = ", batchnorm on" if norm else ""
    return name, SPEC.format(name=name, norm=norms, **(SLOW if slow else USUAL))


def patches() -> Split:
    """Return 3800 patches to train with, and 1120 of other tiles as a test.

    A class is a quarter of one of the photographs.
    """
    from sklearn.datasets import load_sample_images

    random = np.random.default_rng(0)
    train: Drawn = [], []
    test: Drawn = [], []
    for picture, image in enumerate(load_sample_images().images):
        rows, columns = (size // TILE for size in image.shape[:2])
        for row in range(rows):
            for column in range(columns):
                held_out = (row + 2 * column) % 4 == 0
                x, y = test if held_out else train
                count = TESTED if held_out else TRAINED
                label = 4 * picture + 2 * (2 * row // rows) + 2 * column // columns
                for shift in random.integers(TILE - SIDE + 1, size=(count, 2)):
                    top, left = TILE * np.array([row, column]) + shift
                    x.append(image[top : top + SIDE, left : left + SIDE] / 255)
                    y.append(label)
    pairs = ((np.array(x), np.array(y)) for x, y in (train, test))
    return Split(*(shuffle(x, y, random) for x, y in pairs))
