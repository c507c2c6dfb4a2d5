"""Window arithmetic, against TensorFlow's own convolutions and paddings."""

import pytest

from snnc.ir.shapes import KernelPadding, pads, window_positions

CASES = [
    (size, kernel, stride)
    for size in (1, 2, 5, 8, 9)
    for kernel in (1, 2, 3, 5)
    for stride in (1, 2, 3, 7)
]


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_windows_and_zeros_are_where_keras_has_them(padding: KernelPadding) -> None:
    import tensorflow as tf

    for size, kernel, stride in CASES:
        positions = window_positions(size, kernel, stride, padding)
        if padding == "valid" and kernel > size:
            assert positions < 1
            continue
        values = tf.random.stateless_uniform((1, size, 1), (0, 1))
        layer = tf.keras.layers.Conv1D(1, kernel, stride, padding=padding)
        theirs = layer(values)
        before, behind = pads(size, kernel, stride, padding)
        zeros = [(0, 0), (before, max(behind, 0)), (0, 0)]
        padded = tf.pad(values[:, : size + min(behind, 0)], zeros)
        ours = tf.nn.conv1d(padded, layer.kernel, stride, "VALID")
        assert theirs.shape == ours.shape == (1, positions, 1)
        assert float(tf.reduce_max(tf.abs(ours - theirs))) < 1e-6
        assert padding != "causal" or (padded.shape[1] - kernel) % stride == 0
