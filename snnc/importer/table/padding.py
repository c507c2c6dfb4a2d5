"""`ZeroPadding` goes into the convolution that reads it."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import Draft, Shape, Value
from snnc.importer.model import Layer
from snnc.importer.walk import Walk

WIDER = 4
"""How many taps of zeros a kernel may be widened by on an axis."""


def positions(size: int, kernel: int, stride: int, padding: str) -> int:
    """Return how many places a window has on an axis (``tf.nn.convolution``)."""
    if padding == "same":
        return -(-size // stride)
    return max(0, (size - kernel) // stride + 1)


def same_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and behind an axis of `same` (``tf.nn.convolution``)."""
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2


def widen(
    size: int, kernel: int, stride: int, zeros: tuple[int, int]
) -> tuple[int, int] | None:
    """Return a kernel under `same` that sees what a padded axis shows a valid one.

    Returns
    -------
    tuple of int, or None
        Its size, and where in it the given kernel lies; the rest of it is 0.
    """
    before, behind = zeros
    places = (size + before + behind - kernel) // stride + 1
    for wide in range(kernel, kernel + WIDER + 1):
        offset = same_pads(size, wide, stride)[0] - before
        if places == -(-size // stride) and 0 <= offset <= wide - kernel:
            return wide, offset
    return None


def fold_zeros(layer: Layer, walk: Walk, value: Value, draft: Draft) -> Draft | None:
    """Return a convolution that pads by itself, or None if it was refused."""
    if not value.zeros or not any(map(any, value.zeros)):
        return draft
    found = None
    if draft.padding == "valid":
        axes = zip(value.shape, draft.extent, draft.stride, value.zeros, strict=False)
        found = [widen(n, k, s, zeros) for n, k, s, zeros in axes]
    extent = tuple(wide for wide, _ in filter(None, found or ()))
    # Zeros between taps leave no place for one more at an end.
    is_apart = draft.extent not in (draft.kernel, extent)
    if found is None or None in found or is_apart:
        walk.refuse(
            layer,
            "the zeros before it are not those of any kernel with `padding='same'`",
            "leave the `ZeroPadding` out and use `padding='same'`, and retrain",
        )
        return None
    kernel: Shape = draft.kernel if extent == draft.extent else extent
    offset: Shape = tuple(start for _, start in filter(None, found))
    if kernel == draft.kernel:
        walk.keep(layer, "the zeros before it are those of `padding same`")
    else:
        size = "x".join(map(str, kernel))
        walk.rewrite(layer, f"`kernel {size}`, widened by zeros, pads as Keras does")
    return replace(draft, kernel=kernel, offset=offset, padding="same")
