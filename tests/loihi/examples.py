"""Networks whose cores are known, or that every counter depends on."""

from __future__ import annotations

from tests.loihi.sketch import Sketch


def drift() -> Sketch:
    sketch = Sketch((8, 16, 16, 1))
    sketch.encode(2)
    sketch.conv(8, 3, (1, 2, 2))
    sketch.conv(16, 3, 2)
    sketch.dense(64)
    return sketch


def keras_to_loihi() -> Sketch:
    """Nengo-loihi's MNIST example, which its authors mapped to 14 cores."""
    sketch = Sketch((28, 28, 1))
    sketch.encode(3)
    sketch.conv(32, 3, 2)
    sketch.conv(64, 3, 2)
    sketch.dense(100)
    return sketch


def cifar10() -> Sketch:
    """Nengo-loihi's CIFAR-10 example, which its authors mapped to 90 cores."""
    sketch = Sketch((32, 32, 3))
    sketch.encode(4)
    sketch.conv(64, 3, 2)
    sketch.conv(72, 3)
    sketch.conv(256, 3, 2)
    sketch.conv(256, 1)
    sketch.conv(64, 1)
    sketch.dense(100)
    return sketch


def residual() -> Sketch:
    sketch = Sketch((12, 12, 1))
    sketch.encode(4)
    stem = sketch.conv(8, 3, 1, "same")
    sketch.conv(8, 3, 1, "same")
    first = sketch.conv(8, 3, 1, "same", shortcut=stem)
    sketch.conv(16, 3, 2, "same")
    sketch.conv(16, 3, 1, "same", shortcut=first)
    sketch.pool(2)
    sketch.dense(32)
    return sketch


def wide_fan_in() -> Sketch:
    """Return a dense layer over 6400 neurons, which no Dense transform can carry."""
    sketch = Sketch((10, 10, 1))
    sketch.encode(4)
    sketch.conv(64, 1)
    sketch.dense(32)
    return sketch


def pooled_dense() -> Sketch:
    """Return a dense layer over windows, split so that equal rows are stored once."""
    sketch = Sketch((7, 6, 1))
    sketch.encode(4)
    sketch.conv(5, 1)
    sketch.pool(2)
    sketch.dense(24, block=(10,))
    return sketch


def host_after_chip() -> Sketch:
    sketch = Sketch((6, 6, 1))
    sketch.encode(2)
    sketch.conv(4, 3)
    sketch.dense(12)
    sketch.dense(5, place="host")
    return sketch


def shortcut_past_maximum() -> Sketch:
    """Return a convolution whose shortcut is a maximum over two joined layers."""
    sketch = Sketch((3, 3, 3, 1))
    sketch.encode(1)
    one = sketch.conv(4, 3, 2, "same", ("l0",))
    two = sketch.conv(4, 1, 2, "same", ("l0",))
    maximum = sketch.maximum((2, 1, 1), (1, 2, 2), "valid", (sketch.concat(one, two),))
    sketch.conv(8, 3, 2, "same", shortcut=maximum)
    return sketch


def chain(layers: int) -> Sketch:
    sketch = Sketch((32, 32, 1))
    sketch.encode(4)
    for _ in range(layers):
        sketch.conv(16, 3, 1, "same")
    return sketch
