"""The networks: one small one in kinds, and a deep one."""

from __future__ import annotations

SMALL = """snn 1

network {name} {{
  timing {{ present 100 ms, synapse {synapse} ms }}
  defaults {{ neuron {neuron}, rate 20..150 Hz{norm} }}

  input image 28x28x1 in 0..1
  encode conv {{ filters 4, kernel 3, stride 2, padding same{start} }}

  conv2d a {{ filters 16, padding same }}
  conv2d b {{ filters 16, padding same, shortcut a }}
  avgpool {{ window 2 }}
  conv2d c {{ filters 32, padding same }}
  avgpool {{ window all }}
  readout kind {{ classes 10, decide last }}

  train {{ epochs 12 }}
}}
"""
"""A residual network that ends in averages: its decision hangs on small differences."""

DEEP = """snn 1

network {name} {{
  timing {{ present 200 ms, synapse {synapse} ms }}
  defaults {{ neuron {neuron}, rate 20..150 Hz{norm} }}
  defaults conv2d {{ padding same }}

  input image 28x28x1 in 0..1
  encode conv {{ filters 8, kernel 3, stride 2, padding same{start} }}

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
"""Eight spiking layers and an encoder, residual as the first stages of a ResNet."""

# A text, neurons, whether they have batch norms, the synapse in ms.
KINDS = {
    f"{depth}{neuron}{' + batch norm' * norm}, synapse {synapse} ms": (
        *(text, neuron, norm, synapse),
    )
    for depth, text, neuron, norm, synapse in [
        *(("", SMALL, "relu", norm, 5) for norm in (False, True)),
        *(("", SMALL, "lif", norm, 5) for norm in (False, True)),
        ("deep, ", DEEP, "relu", True, 5),
        *(("", SMALL, "relu", norm, 20) for norm in (False, True)),
        *(("", SMALL, "lif", norm, 20) for norm in (False, True)),
        ("deep, ", DEEP, "lif", True, 5),
    ]
}
USUAL = tuple(KINDS)[:5]  # what is measured where no kinds are named


def spec_of(kind: str, spread: bool = False) -> tuple[str, str]:
    """Return the name and the text of a kind's spec.

    With ``spread`` the neurons of its encoder begin with other voltages than 0.
    """
    text, neuron, norm, synapse = KINDS[kind]
    depth = "deep_" if text is DEEP else ""
    name = f"{depth}{neuron}_{'norm' if norm else 'plain'}_{synapse}"
    words = {
        "neuron": neuron,
        "norm": ", batchnorm on" if norm else "",
        "start": ", start spread" if spread else "",
    }
    return name, text.format(name=name, synapse=synapse, **words)
