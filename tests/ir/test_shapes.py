"""Window arithmetic, against TensorFlow's own convolutions and paddings."""

from __future__ import annotations

import pytest

from snnc.ir.shapes import pads, same_pad, volume_of, window_positions

CASES = [
    (size, kernel, stride)
    for size in (1, 2, 5, 8, 9)
    for kernel in (1, 2, 3, 5)
    for stride in (1, 2, 3, 7)
]


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_positions_are_those_of_tensorflow(padding: str) -> None:
    import tensorflow as tf

    for size, kernel, stride in CASES:
        if padding == "valid" and kernel > size:
            assert window_positions(size, kernel, stride, "valid") < 1
            continue
        values = tf.ones((1, size, 1))
        out = tf.nn.conv1d(values, tf.ones((kernel, 1, 1)), stride, padding.upper())
        assert window_positions(size, kernel, stride, padding) == out.shape[1]  # type: ignore[arg-type]


@pytest.mark.slow
def test_causal_padding_is_that_of_keras() -> None:
    import tensorflow as tf

    for size, kernel, stride in CASES:
        values = tf.random.stateless_uniform((1, size, 1), (0, 1))
        layer = tf.keras.layers.Conv1D(1, kernel, stride, padding="causal")
        theirs = layer(values)
        before, behind = pads(size, kernel, stride, "causal")
        padded = tf.pad(values[:, : size + behind], [(0, 0), (before, 0), (0, 0)])
        ours = tf.nn.conv1d(padded, layer.kernel, stride, "VALID")
        assert (size + before + behind - kernel) % stride == 0
        assert window_positions(size, kernel, stride, "causal") == theirs.shape[1]
        assert float(tf.reduce_max(tf.abs(ours - theirs))) < 1e-6


@pytest.mark.slow
def test_zeros_are_put_where_tensorflow_puts_them() -> None:
    import tensorflow as tf

    for size, kernel, stride in CASES:
        before, behind = same_pad(size, kernel, stride)
        values = tf.random.stateless_uniform((1, size, 1), (0, 1))
        taps = tf.random.stateless_uniform((kernel, 1, 1), (2, 3))
        padded = tf.pad(values, [(0, 0), (before, behind), (0, 0)])
        ours = tf.nn.conv1d(padded, taps, stride, "VALID")
        theirs = tf.nn.conv1d(values, taps, stride, "SAME")
        positions = theirs.shape[1]
        assert float(tf.reduce_max(tf.abs(ours[:, :positions] - theirs))) < 1e-6


@pytest.mark.parametrize(
    ("shape", "volume"),
    [
        ((7,), (1, 1, 1, 7)),
        ((9, 2), (1, 9, 1, 2)),
        ((4, 5, 3), (1, 4, 5, 3)),
        ((2, 4, 5, 3), (2, 4, 5, 3)),
    ],
)
def test_a_shape_is_a_volume(shape: tuple[int, ...], volume: tuple[int, ...]) -> None:
    assert volume_of(shape) == volume
