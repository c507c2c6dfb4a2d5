"""Windows with one padding for both ends of an axis, as NIR has them.

NIR pads both ends of an axis alike, by whole numbers. Readers follow the word ``same``
in ways of their own, and TensorFlow's is uneven where a stride leaves one zero over: a
tap of zeros in front of the kernel makes up for that. NIR's own check of shapes (up to
1.0.8) takes the rows of a kernel for its columns too, so that kernels have to be square
for `nir.read` to accept a file.
"""

from __future__ import annotations

from dataclasses import dataclass

SPARE = 4
"""How many taps more than the larger of both axes a square kernel may have."""


@dataclass(frozen=True, slots=True)
class PaddedAxis:
    """How a kernel moves along an axis.

    Attributes
    ----------
    size, outputs
        Of what is read, and of what reads.
    taps, stride
        Of the kernel.
    before
        Zeros in front of what is read; below 0, places in front that are not read.
    """

    size: int
    outputs: int
    taps: int
    stride: int
    before: int


@dataclass(frozen=True, slots=True)
class EvenPadding:
    """An axis padded by as many zeros behind as before.

    ``front`` taps of zeros stand in front of the kernel's own, the others behind; all
    are ``taps``.
    """

    taps: int
    front: int
    padding: int


def even(axes: tuple[PaddedAxis, PaddedAxis]) -> tuple[EvenPadding, EvenPadding]:
    """Pad rows and columns evenly, by a square kernel where there is one.

    Output ``o`` reads ``o * stride - before + tap`` as it did before. With ``front``
    zeros, ``p = before + front`` is the padding, and PyTorch's formula for the outputs,
    ``(size + 2 p - taps) // stride + 1``, has to give as many as there are.
    """
    least = max(map(_fewest, axes))
    for taps in range(least, least + SPARE + max(a.stride for a in axes)):
        rows, columns = (_with_taps(axis, taps) for axis in axes)
        if rows is not None and columns is not None:
            return rows, columns
    return _smallest(axes[0]), _smallest(axes[1])


def _smallest(axis: PaddedAxis) -> EvenPadding:
    """The axis by itself: two sizes one apart differ in what they leave over."""
    least = _fewest(axis)
    paddings = (_with_taps(axis, least + more) for more in range(SPARE + axis.stride))
    return next(even for even in paddings if even is not None)


def _fewest(axis: PaddedAxis) -> int:
    return axis.taps + max(0, -axis.before)


def _with_taps(axis: PaddedAxis, taps: int) -> EvenPadding | None:
    for front in range(taps - axis.taps + 1):
        padding = axis.before + front
        room = axis.size + 2 * padding - taps
        if min(padding, room) >= 0 and room // axis.stride + 1 == axis.outputs:
            return EvenPadding(taps, front, padding)
    return None
