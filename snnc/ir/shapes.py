"""Shapes, and the output sizes of windows."""

from __future__ import annotations

from typing import Literal, TypeVar

Shape = tuple[int, ...]
Volume = tuple[int, int, int, int]
"""The sizes (depth, height, width, channels)."""
Triple = tuple[int, int, int]
Padding = Literal["valid", "same"]
KernelPadding = Literal["valid", "same", "causal"]
Each = TypeVar("Each")


def window_positions(
    size: int, kernel: int, stride: int, padding: KernelPadding
) -> int:
    """Return the number of positions of a window on an axis of ``size``.

    The formulas are TensorFlow's (``tf.nn.convolution``): ``ceil(size / stride)`` for
    ``same`` and ``causal``, ``ceil((size - kernel + 1) / stride)`` for ``valid``. The
    result is not positive if the kernel is larger than the axis.
    """
    if padding != "valid":
        return -(-size // stride)
    return (size - kernel) // stride + 1


def same_pad(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros of TensorFlow's ``same`` padding before and after an axis."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def transposed_places(size: int, kernel: int, stride: int, padding: Padding) -> int:
    """Return the output size on an axis, as in Keras (`deconv_output_length`)."""
    return size * stride + (max(kernel - stride, 0) if padding == "valid" else 0)


def transposed_crop(kernel: int, stride: int, padding: Padding) -> int:
    """Return how many positions `same` crops before a transposed convolution's axis."""
    return max(kernel - stride, 0) // 2 if padding == "same" else 0


def pads(
    size: int, kernel: int, stride: int, padding: KernelPadding
) -> tuple[int, int]:
    """Return the zeros before and after an axis.

    ``causal`` is as in Keras: ``kernel - 1`` zeros before the axis, then ``valid``. A
    negative number is the number of positions after the last window that no window
    reads.
    """
    if padding == "same":
        return same_pad(size, kernel, stride)
    if padding == "causal":
        return kernel - 1, -((size - 1) % stride)
    return 0, 0


def volume_of(shape: Shape) -> Volume:
    """Return a channels-last shape as (depth, height, width, channels).

    Features are the channels of one pixel, and a sequence is an image of width 1.
    """
    *spatial, channels = shape
    depth, height, width = triple_of(tuple(spatial))
    return depth, height, width, channels


def of_rank(triple: tuple[Each, ...], rank: int) -> tuple[Each, ...]:
    """Return the values of ``rank`` spatial axes from (depth, height, width)."""
    return {1: triple[1:2], 2: triple[1:]}.get(rank, triple)


def triple_of(spatial: Shape) -> Triple:
    """Extend one to three spatial sizes to (depth, height, width)."""
    if len(spatial) == 1:
        spatial = (*spatial, 1)  # a single axis is the height
    missing = 3 - len(spatial)
    depth, height, width = (1,) * missing + tuple(spatial)
    return depth, height, width


def level_name(layer: str, level: int) -> str:
    """Return the name of a level's population, which never equals a layer's name."""
    return f"{layer}.{level + 1}"
