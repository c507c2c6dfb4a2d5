"""Networks that meet every trap of an export, and weights for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from snnc.cli import main
from snnc.ir.layout import tensors
from snnc.output.imported import open_package
from tests.support import network, sound

BODIES = {
    "image": """
      defaults conv2d { padding same }
      input image 9x8x2 in 0..1 as -1..1
      encode conv { filters 3, kernel 3, stride 2, padding same }
      conv2d c0 { filters 6, kernel 2 }
      conv2d c1 { filters 4, kernel 3, dilation 2, groups 2, rate 9..90 Hz }
      dense d0 { units 5 }
      readout y { classes 3 }
    """,
    "pools": """
      input image 12x12x1 in -1..1
      encode rate
      conv2d c0 { filters 4, kernel 3 }
      avgpool { window 2 }
      conv2d c1 { filters 4, kernel 4, stride 2, padding same, rate 9..60 Hz }
      avgpool { window 2, stride 1 }
      dense d0 { units 6 }
      readout y { units 2 }
    """,
    "series": """
      input wave 24x2 in -1..1 as 0..1
      encode conv { filters 3, kernel 3, padding same }
      conv1d c0 { filters 4, kernel 3, padding causal, dilation 2 }
      avgpool { window 3 }
      conv1d c1 { filters 4, kernel 4, stride 2, padding causal }
      conv1d c2 { filters 4, kernel 5, padding same }
      avgpool { window all }
      dense d0 { units 5 }
      readout y { classes 3 }
    """,
    "clip": """
      input clip 5x8x8x2 in 0..1
      encode conv { filters 2, kernel 3, padding same, rate ..200 Hz }
      conv3d c0 { filters 4, kernel 3, stride 1x2x2, padding same }
      depthwise3d c1 { kernel 3x2x2, multiplier 2 }
      conv3d c2 { filters 3, kernel 2x1x1, groups 1 }
      dense d0 { units 5 }
      readout y { classes 2 }
    """,
    "joins": """
      input image 8x8x1 in 0..1
      encode conv e { filters 4, kernel 3, padding same }
      conv2d a { filters 4, kernel 3, padding same }
      conv2d b from a { filters 4, kernel 3, padding same, shortcut a }
      conv2d c from b { filters 6, kernel 3, stride 2, padding same, shortcut e }
      concat j from a, b
      conv2d d from j { filters 6, kernel 2, stride 2 }
      add s from c, d
      avgpool p from s { window all }
      dense f from p { units 6 }
      dense g from f { units 6, shortcut f }
      readout y { classes 3 }
    """,
    "maxima": """
      input image 15x18x2 in 0..1
      encode conv { filters 3, kernel 3, padding same }
      maxpool m0 { window 2x3, rate ..120 Hz }
      conv2d c0 { filters 4, kernel 2 }
      maxpool m1 { window 4, stride 1 }
      conv2d c1 { filters 4, kernel 2 }
      readout y { classes 3 }
    """,
    "maxima3d": """
      input clip 5x9x8x1 in 0..1
      encode conv { filters 2, kernel 3, padding same }
      conv3d c0 { filters 3, kernel 2 }
      maxpool m0 { window 2x3x2, stride 2, padding same }
      avgpool { window 1x2x2 }
      dense d0 { units 5 }
      readout y { classes 3 }
    """,
    "leaky": """
      neuron lif { tau_rc 20 ms, tau_ref 0 ms }
      input values 7 in 0..1 as -1..1
      encode rate { start spread }
      dense d0 { units 6 }
      dense d1 { units 6, rate 9..80 Hz, shortcut d0 }
      readout y { units 2 }
    """,
}


def spec_of(name: str) -> str:
    return network(BODIES[name], name)


def weights_of(text: str) -> dict[str, np.ndarray]:
    """Return weights of He's size for a spec, biases among them."""
    random = np.random.default_rng(0)
    found = {}
    for tensor in tensors(sound(text, "resolve")):
        is_kernel = not tensor.name.endswith(".bias")
        size = (2 / np.prod(tensor.shape[:-1])) ** 0.5 if is_kernel else 0.1
        values = random.normal(0, 0 if tensor.zeros else size, tensor.shape)
        found[tensor.name] = values.astype(np.float32)
    return found


def keras_model(
    folder: Path, name: str, weights: Mapping[str, np.ndarray] | None = None
) -> tuple[Any, Any]:
    """Build a spec; return its package, and its Keras model with weights.

    Without weights, these are in ``w.safetensors``.
    """
    models, path = folder / "models", folder / "w.safetensors"
    assert main(["build", str(folder / f"{name}.snn"), "-o", str(models)]) == 0
    package = open_package(models / name)
    if weights is not None:
        package.layout.save(path, weights)
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, path)
    return package, model


def channels_first(example: np.ndarray) -> np.ndarray:
    """Return (depth, height, width, channels) as (depth x channels, height, width)."""
    if example.ndim == 1:
        return example
    *_, channels = example.shape
    if example.ndim == 2:
        return example.T[:, :, None]
    depth = example.shape[0] if example.ndim == 4 else 1
    planes = example.reshape(depth, *example.shape[-3:-1], channels)
    return planes.transpose(0, 3, 1, 2).reshape(-1, *planes.shape[1:3])
