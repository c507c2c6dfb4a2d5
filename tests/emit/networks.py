"""Small networks of every kind of layer, whose packages tests write and import."""

from snnc.ir.logical import LogicalNetwork
from tests.support import network, sound

LIF = "padding same, neuron lif, batchnorm on, rate 20..120 Hz"
SHORT = "phases [smooth, scale]"
"""The phase `spikes` has tests of its own."""


def parse(name: str, body: str) -> LogicalNetwork:
    """Return a network with a body that is presented for 60 ms."""
    made = sound(network(f"timing {{ present 60 ms }}\n{body}", name), "verify")
    assert isinstance(made, LogicalNetwork)
    return made


BODIES = {
    "volume": f"""
        about "Clips of a moving digit."
        input image 4x6x6x1 in 0..1
        encode conv {{ filters 2 }}
        conv3d c0 {{ filters 3, stride 2, l2 0 }}
        dense d0 {{ units 5, dropout 0.2 }}
        readout digit {{ classes 4 }}
        train {{ l2 5e-5, {SHORT} }}
    """,
    "colours": f"""
        input image 8x8x3 in 0..1 as -1..1
        encode conv {{ filters 4 }}
        conv2d c0 {{ filters 6, {LIF} }}
        conv2d c1 {{ filters 6, padding same, shortcut c0 }}
        conv2d c2 {{ filters 5, {LIF}, stride 2, shortcut c0, bias off }}
        avgpool pool {{ window 2 }}
        conv2d c3 {{ filters 5, kernel 1, bias off, dropout 0.1 }}
        readout digit {{ classes 4 }}
        train {{
          optimizer adamw {{ learning_rate 2e-3, weight_decay 1e-4 }}
          schedule cosine, label_smoothing 0.1, {SHORT}
        }}
    """,
    "waves": f"""
        input image 12x2 in -2..2
        encode rate pixels
        conv1d keras {{ filters 3, padding same, batchnorm on }}
        conv1d tf from pixels {{ filters 3, padding same, neuron lif, place host }}
        add sum from keras, tf
        concat both from sum, pixels
        avgpool halves {{ window 2 }}
        dense d0 {{ units 8 }}
        dense d1 {{ units 8, shortcut d0 }}
        dense d2 {{ units 6, shortcut halves, batchnorm on }}
        readout digit {{ units 2 }}
        train {{ validation 0, {SHORT} }}
    """,
    "mobile": f"""
        input image 8x8x2 in 0..1
        encode conv {{ filters 4 }}
        depthwise2d c0 {{ multiplier 2, padding same, batchnorm on }}
        depthwise2d c1 {{ stride 2, padding same, bias off, l2 0 }}
        conv2d c2 {{ filters 6, groups 2, padding same, batchnorm on }}
        depthwise2d c3 {{ kernel 2, dilation 2, l2 0 }}
        readout digit {{ classes 4 }}
        train {{ l2 1e-4, {SHORT} }}
    """,
    "deep": f"""
        input image 4x6x6x1 in 0..1
        encode conv {{ filters 3 }}
        depthwise3d c0 {{ multiplier 2, batchnorm on }}
        conv3d c1 {{ filters 4, kernel 2, groups 2 }}
        readout digit {{ classes 4 }}
        train {{ {SHORT} }}
    """,
    "features": f"""
        target nengo
        input image 6 in 0..1
        encode rate
        dense d0 {{ units 8, neuron lif }}
        readout digit {{ classes 2 }}
        train {{
          loss focal {{ gamma 2, alpha 0.25 }}
          optimizer sgd {{ learning_rate 0.05, momentum 0.9 }}
          {SHORT}
        }}
    """,
}
NETWORKS = {name: parse(name, body) for name, body in BODIES.items()}


def long_names() -> LogicalNetwork:
    """Return a network whose statements are too long for one line."""
    a, b, c, d, e = (letter * 40 for letter in "abcde")
    return parse(
        "n" * 40,
        f"""
        about "{"One word " * 30 + "o" * 90}"
        target loihi {{ chips 4 }}
        input image 16x32x32x2 in 0..1
        encode rate {e}
        conv3d {a} {{ filters 3, padding same, neuron lif, dropout 0.1 }}
        conv3d {b} {{ filters 3, padding same, shortcut {a} }}
        conv3d {c} {{ filters 3, padding same, shortcut {e} }}
        concat {d} from {a}, {b}, {c}
        readout digit {{ classes 4 }}
        """,
    )
