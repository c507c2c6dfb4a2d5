"""Define the networks that are measured, by kind."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks.fidelity import characters, patches, series

SMALL = """snn 1

network {name} {{
  timing {{ present {present} ms, synapse {synapse} ms }}
  defaults {{ neuron {neuron}, rate 20..150 Hz{norm} }}

  input image 28x28x1 in 0..1
  encode conv {{ filters 4, kernel 3, stride 2, padding same }}

  conv2d a {{ filters 16, padding same }}
  conv2d b {{ filters 16, padding same, shortcut a }}
  avgpool {{ window 2 }}
  conv2d c {{ filters 32, padding same }}
  avgpool {{ window all }}
  readout kind {{ classes 10, decide last }}

  train {{ epochs 12 }}
}}
"""
"""A residual network that ends with average pools."""

DEEP = """snn 1

network {name} {{
  timing {{ present 200 ms, synapse {synapse} ms }}
  defaults {{ neuron {neuron}, rate 20..150 Hz{norm} }}
  defaults conv2d {{ padding same }}

  input image 28x28x1 in 0..1
  encode conv {{ filters 8, kernel 3, stride 2, padding same }}

  conv2d a {{ filters 16 }}
  conv2d b {{ filters 16 }}
  conv2d c {{ filters 16, shortcut a }}
  conv2d d {{ filters 16 }}
  conv2d e {{ filters 16, shortcut c }}
  downsample f {{ filters 32 }}
  conv2d g {{ filters 32 }}
  conv2d h {{ filters 32, shortcut f }}
  avgpool {{ window all }}
  readout kind {{ classes 10 }}

  train {{ epochs 12 }}
}}
"""
"""Eight spiking layers and an encoder, like the first stages of a ResNet."""

DRIFT = Path(__file__).parents[2] / "specs" / "drift.snn"


class Kind(NamedTuple):
    """The name of a network, the text of its spec, and its data sets."""

    name: str
    text: str
    data: tuple[str, ...] = ("mnist", "fashion")


def _small(neuron: str, norm: bool, synapse: int, present: int = 100) -> Kind:
    time = "" if present == 100 else f"_{present}"
    name = f"{neuron}_{'norm' if norm else 'plain'}_{synapse}{time}"
    return _fill(name, SMALL, neuron, norm, synapse=synapse, present=present)


def _deep(neuron: str) -> Kind:
    return _fill(f"deep_{neuron}_norm_5", DEEP, neuron, True, synapse=5)


def _fill(name: str, text: str, neuron: str, norm: bool, **times: int) -> Kind:
    norms = ", batchnorm on" if norm else ""
    return Kind(name, text.format(name=name, neuron=neuron, norm=norms, **times))


def _norm(norm: bool) -> str:
    return " + batch norm" if norm else ""


KINDS = {
    **{
        f"{neuron}{_norm(norm)}, synapse 5 ms": _small(neuron, norm, 5)
        for neuron in ("relu", "lif")
        for norm in (False, True)
    },
    "deep, relu + batch norm, synapse 5 ms": _deep("relu"),
    "relu, 40 ms": _small("relu", False, 5, present=40),
    "drift": Kind("drift", DRIFT.read_text(encoding="utf-8"), ("drift",)),
    "characters": Kind("characters", characters.SPEC, ("characters",)),
    **{
        f"depthwise{_norm(norm)}": Kind(*patches.spec(norm), ("patches",))
        for norm in (False, True)
    },
    "depthwise + batch norm, 200 ms": Kind(
        *patches.spec(True, slow=True), ("patches",)
    ),
    **{
        f"{data}, {neuron}, 40 ms": Kind(*series.spec(data, neuron), (data,))
        for data in ("power", "vowels")
        for neuron in ("relu", "lif")
    },
    **{
        f"{neuron}{_norm(norm)}, synapse 20 ms": _small(neuron, norm, 20)
        for neuron in ("relu", "lif")
        for norm in (False, True)
    },
    "deep, lif + batch norm, synapse 5 ms": _deep("lif"),
}


def spec_of(kind: str) -> tuple[str, str]:
    """Return the name and the text of a kind's spec."""
    name, text, _ = KINDS[kind]
    return name, text
