"""Specs and weights files for the tests of this room."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from snnc.ir.layout import layout_id, tensors
from snnc.ir.logical import LogicalNetwork
from tests.support import network, sound

Weights = dict[str, Any]


class Bomb:
    """Fails the test that unpickles it."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("unpickled",)


SMALL = network(
    """
    input image 8x8x1 in 0..1
    encode conv pixels { filters 2 }
    conv2d a { filters 3, padding same }
    conv2d b { filters 3, padding same, shortcut a }
    readout y { classes 2 }
    """,
    "small",
)
WIDER = SMALL.replace("conv2d a { filters 3", "conv2d a { filters 4").replace(
    ", shortcut a", ""
)


def logical(text: str) -> LogicalNetwork:
    """Return the network of a sound spec."""
    made: LogicalNetwork = sound(text, "lower").network
    return made


def weights_of(text: str, scale: float = 0.1) -> Weights:
    """Return weights of a spec's layout, all their bits made by arithmetic.

    They run up and down between plus and minus ``scale``.
    """
    made = {}
    for number, tensor in enumerate(tensors(logical(text))):
        size = int(np.prod(tensor.shape))
        ramp = (np.arange(size) * 7 + number) % 17 / 8 - 1
        made[tensor.name] = (scale * ramp).reshape(tensor.shape).astype(np.float32)
    return made


def save(path: Path, text: str, weights: Weights) -> Path:
    """Write weights as the layout of a spec."""
    save_file(weights, path, {"layout_id": layout_id(tensors(logical(text)))})
    return path
