"""Compose the kernels of terms, from the last step back to the source.

Each step back turns a kernel (positions, channels, outputs) over the step's output into
a kernel over its input. It adds the step's shift, multiplied by the kernel, to the
bias. The positions of a windowed kernel are its taps; a matrix has all positions of an
axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.importer.linear import AxisWindow, LinearStep, Shape, Term, Windows
from snnc.importer.model import KerasLayer, ModelWeights
from snnc.runtime.nengo import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Kernels:
    """Composes terms from the weights of a model.

    Raises
    ------
    KeyError, ValueError
        Raised by `compose` if the shapes of weights do not match the
    configuration.
    """

    def __init__(self, weights: ModelWeights, layers: Mapping[str, KerasLayer]) -> None:
        self._weights = weights
        self._layers = layers

    def compose(self, term: Term) -> tuple[Array, Array]:
        """Return a term's kernel and bias.

        Returns
        -------
        kernel : (taps or places, ..., channels, outputs)
            All positions of the source if the term is a matrix, otherwise the taps of
            its windows.
        bias : (outputs,) or (places, ..., outputs)
            One per position if padded zeros reduce a shift near a border.
        """
        outputs = term.channels
        rank = len(term.sizes(len(term.steps)))
        kernel: Array | None = None
        bias: Array = np.zeros(outputs)
        later: Windows | None = None
        is_full = False
        for index in range(len(term.steps) - 1, -1, -1):
            step = term.steps[index]
            sizes = term.sizes(index)
            if step.op in ("matrix", "unroll"):
                matrix, added = self._matrix(step, sizes)
                if kernel is not None:
                    added = added @ _flat(kernel)
                    matrix = matrix @ _flat(kernel)
                bias, kernel, is_full = bias + added, matrix, True
                continue
            if kernel is None:
                kernel = np.eye(step.given).reshape((1,) * rank + (step.given,) * 2)
            shift = self._shift(step)
            if shift is not None:
                bias = bias + _through(kernel, shift, later, is_full)
            kernel = self._back(step, kernel, is_full, sizes)
            if not is_full:
                later = _compose_windows(step.windows, later)
        if kernel is None:
            size = prod(term.read)
            full = (*term.read, size) if rank == 0 else (*(1,) * rank, *(outputs,) * 2)
            kernel = np.eye(size if rank == 0 else outputs).reshape(full)
        return kernel, bias

    def _matrix(self, step: LinearStep, sizes: Shape) -> tuple[Array, Array]:
        """Return a matrix as a kernel over all positions, and its bias."""
        axes = [axis for axis in step.order if (*sizes, step.read)[axis] > 1]
        rest = [axis for axis in range(len(sizes) + 1) if axis not in axes]
        order = [*axes, *rest]
        shape = (*sizes, step.read)
        if step.op == "unroll":
            matrix: Any = np.eye(step.given)
            bias = np.zeros(step.given)
        else:
            arrays = self._weights.of(step.layer)
            matrix, bias = arrays["kernel"], np.zeros(step.given)
            if step.is_first:
                bias = _bias(arrays, step.given)
            rows = slice(step.start, step.start + step.rows)
            for norm in reversed(step.before):
                scale, shift = self._flat_norm(norm, rows, len(matrix), step.rows)
                bias = bias + shift @ matrix[rows]
                matrix = matrix.astype(np.float64, copy=norm is step.before[-1])
                matrix[rows] *= scale[:, None]
            matrix = matrix[rows]
        if matrix.size != prod(shape) * step.given:
            raise ValueError(
                f"its kernel is {'x'.join(map(str, matrix.shape))}, but "
                f"{prod(shape)}x{step.given} is expected"
            )
        unflattened = matrix.reshape(*(shape[axis] for axis in order), step.given)
        back = np.argsort(order)
        kernel: Array = np.transpose(unflattened, (*back, len(order)))
        return kernel, bias

    def _flat_norm(
        self, norm: LinearStep, rows: slice, total: int, own: int
    ) -> tuple[Array, Array]:
        """Return the factors and shifts of rows for a norm over these or all rows."""
        scale, shift = self.norm(norm.layer, norm.read)
        if norm.read == total and own != total:
            return scale[rows], shift[rows]
        return scale, shift

    def _shift(self, step: LinearStep) -> Array | None:
        """Return the shift that a step adds to its channels, or None."""
        if not step.is_first or not step.bias:
            return None
        if step.op == "norm":
            return self.norm(step.layer, step.given)[1]
        if step.op == "scale":
            return np.broadcast_to(np.asarray(step.shifts), (step.given,))
        if step.op == "fill":
            norm, units = self.norm(step.layer, step.given)[1], iter(step.factors)
            parts = zip(units, units, units, strict=True)
            parts_shifted = [gain * np.maximum(0, f * norm + s) for gain, f, s in parts]
            return np.asarray(sum(parts_shifted))
        return _bias(self._weights.of(step.layer), step.given)

    def norm(self, name: str, channels: int) -> tuple[Array, Array]:
        layer = self._layers[name]
        arrays: Mapping[str, Any] = self._weights.of(name)
        return batch_norm(layer.kind, layer.options, arrays, channels)

    def _back(
        self, step: LinearStep, kernel: Array, is_full: bool, sizes: Shape
    ) -> Array:
        """Turn the kernel over a step's output into the kernel over its input."""
        if step.op == "norm":
            return kernel * self.norm(step.layer, step.given)[0][:, None]
        if step.op == "scale":
            factors = np.broadcast_to(np.asarray(step.factors), (step.given,))
            scaled: Array = kernel * factors[:, None]
            return scaled
        if step.op == "fill":
            return kernel
        if step.op == "embed":
            return kernel[..., step.start : step.start + step.read, :]
        if step.op == "select":
            wide = np.zeros((*kernel.shape[:-2], step.read, kernel.shape[-1]))
            wide[..., step.start : step.start + step.given, :] = kernel
            return wide
        if step.op in ("mix", "slope"):
            return self._mix_side_by_side(step, kernel, sizes)
        own = self._own(step)
        if step.op == "edge mean":
            kernel = kernel * _edges(step.windows)
        return _scatter(own, kernel, step.windows, sizes if is_full else None)

    def _mix_side_by_side(self, step: LinearStep, kernel: Array, sizes: Shape) -> Array:
        """Return a kernel over a value's neurons, which are consecutive channels."""
        if step.op == "mix":
            gains = np.asarray(step.factors).reshape(-1, 1)
            mixed = kernel[..., None, :] * gains
        else:
            slopes = self._slopes(step, sizes)
            mixed = np.stack([kernel, -kernel * slopes[..., None]], axis=-2)
        wide: Array = mixed.reshape(*kernel.shape[:-2], -1, kernel.shape[-1])
        return wide

    def _slopes(self, step: LinearStep, sizes: Shape) -> Array:
        """Return the slopes of a `PReLU`, per channel or per position."""
        shape = (*sizes, step.given)
        alpha = np.asarray(self._weights.of(step.layer)["alpha"], np.float64)
        if step.is_uniform:
            return np.broadcast_to(alpha.reshape(-1), (step.given,))
        axes = [axis for axis in step.order if shape[axis] > 1]
        rest = [axis for axis in range(len(shape)) if axis not in axes]
        unflattened = alpha.reshape(*(shape[axis] for axis in axes), *(1 for _ in rest))
        whole: Array = np.transpose(unflattened, np.argsort([*axes, *rest]))
        return whole

    def _own(self, step: LinearStep) -> Array | None:
        """Return a step's own kernel, (taps, ..., inputs, outputs), or None.

        The kernel of a mean is one factor. A window has no kernel of its own.
        """
        if step.op == "window":
            return None
        taps = tuple(window.taps for window in step.windows)
        if step.op in ("mean", "edge mean"):
            return np.full((*taps, 1), 1 / prod(taps))
        arrays = self._weights.of(step.layer)
        if step.op == "separable":
            planes = _planes(arrays["depthwise_kernel"])
            pointwise = _planes(arrays["pointwise_kernel"]).reshape(-1, step.given)
            kernel = separable(planes.reshape(-1, *planes.shape[-2:]), pointwise)
        else:
            is_depthwise = step.op == "depthwise"
            planes = _planes(arrays["depthwise_kernel" if is_depthwise else "kernel"])
            if step.op == "transposed":
                planes = planes[::-1, ::-1].swapaxes(-1, -2)
            kernel = planes.reshape(-1, *planes.shape[-2:])
            if is_depthwise:
                kernel = kernel.reshape(len(kernel), 1, -1)
            groups = planes.shape[-2] if is_depthwise else step.groups
            if groups > 1:
                lifted = kernel[None, None]
                kernel = kernels.ungroup(lifted, kernel.shape[-1], groups)[0, 0]
        spatial = planes.shape[:-2]
        if kernel.shape[1:] != (step.read, step.given):
            channels = "x".join(map(str, kernel.shape[1:]))
            raise ValueError(
                f"its kernel has {channels} channels, but {step.read}x{step.given} "
                "are expected"
            )
        return _on_axes(kernel.reshape(*spatial, *kernel.shape[1:]), step)


def batch_norm(
    kind: str, options: Mapping[str, Any], arrays: Mapping[str, Any], channels: int
) -> tuple[Array, Array]:
    """Return the factor and the offset of each channel, from the running statistics.

    The formulas are in ``keras.layers.BatchNormalization`` and in the ``call`` of
    ``Normalization``, whose smallest standard deviation is 1e-7.
    """
    if kind == "Normalization":
        mean = _each(arrays.get("mean", options.get("mean")), channels)
        variance = _each(arrays.get("variance", options.get("variance")), channels)
        scale = 1 / np.maximum(np.sqrt(variance), 1e-7)
        return scale, -mean * scale
    variance = _each(arrays["moving_variance"], channels)
    scale = 1 / np.sqrt(variance + float(options.get("epsilon", 1e-3)))
    scale = scale * _each(arrays.get("gamma", 1.0), channels)
    shift = _each(arrays.get("beta", 0.0), channels)
    return scale, shift - _each(arrays["moving_mean"], channels) * scale


def _each(value: Any, channels: int) -> Array:
    return np.broadcast_to(np.asarray(value, np.float64).reshape(-1), (channels,))


def of_groups(kernel: Array, groups: int) -> Array:
    """Extract a grouped kernel from a kernel over all channels."""
    if groups == 1:
        return kernel
    taps, channels, filters = kernel.shape
    parts = kernel.reshape(taps, groups, channels // groups, groups, -1)
    own = [parts[:, group, :, group] for group in range(groups)]
    whole: Array = np.stack(own, axis=2).reshape(taps, -1, filters)
    return whole


def separable(kernel: Array, pointwise: Array) -> Array:
    """Return the product of a depthwise kernel and a pointwise one.

    Parameters
    ----------
    kernel : (taps, in, multiplier)
    pointwise : (in x multiplier, out)
    """
    _, channels, multiplier = kernel.shape
    mixed = pointwise.reshape(channels, multiplier, -1)
    full: Array = np.einsum("tim,imo->tio", kernel, mixed)
    return full


def two_classes(kernel: Array, bias: Array) -> tuple[Array, Array]:
    """Return the logits (0, x) of one unit x; their softmax is the sigmoid of x."""
    return (
        np.concatenate([np.zeros_like(kernel), kernel], axis=-1),
        np.concatenate([np.zeros_like(bias), bias]),
    )


def _planes(array: Any) -> Array:
    if array.ndim < 2:
        raise ValueError(f"its kernel has {array.ndim} axes")
    return np.asarray(array, np.float64)


def _bias(arrays: Mapping[str, Any], size: int) -> Array:
    bias = np.asarray(arrays.get("bias", np.zeros(1)), np.float64)
    return np.broadcast_to(bias, (size,))


def _on_axes(kernel: Array, step: LinearStep) -> Array:
    """Return a Keras kernel on the value's axes, with zeros between dilated taps."""
    spatial = kernel.ndim - 2
    if not step.axes:  # a dense layer over pixels
        return kernel.reshape((1,) * len(step.windows) + kernel.shape[-2:])
    if spatial != len(step.axes):
        raise ValueError(
            f"its kernel has {spatial} axes, but {len(step.axes)} are expected"
        )
    for axis in reversed(range(spatial)):
        if step.axes[axis] is None:
            kernel = np.take(kernel, step.taps[axis], axis=axis)
    own = [axis for axis in step.axes if axis is not None]
    kernel = np.moveaxis(kernel, range(len(own)), np.argsort(np.argsort(own)))
    shape = [1] * len(step.windows)
    for axis, size in zip(sorted(own), kernel.shape, strict=False):
        shape[axis] = size
    kernel = kernel.reshape(*shape, *kernel.shape[-2:])
    full = np.zeros((*(w.taps for w in step.windows), *kernel.shape[-2:]))
    place = tuple(slice(None, None, window.dilation) for window in step.windows)
    if full[place].shape != kernel.shape:
        stored = "x".join(map(str, kernel.shape))
        raise ValueError(f"its kernel is {stored}")
    full[place] = kernel
    return full


def _flat(kernel: Array) -> Array:
    """Return a vector's kernel as a matrix."""
    return kernel.reshape(-1, kernel.shape[-1])


def _edges(windows: Windows) -> Array:
    """Return the factor by which a mean at an edge exceeds a mean of all taps."""
    factors: Array = np.ones((1,) * (len(windows) + 2))
    for axis, window in enumerate(windows):
        starts = np.arange(window.places) * window.stride - window.before
        inside = np.clip(starts + window.taps, 0, window.size) - np.clip(
            starts, 0, window.size
        )
        shape = [1] * (len(windows) + 2)
        shape[axis] = window.places
        factors = factors * (window.taps / inside).reshape(shape)
    return factors


def _scatter(
    own: Array | None, kernel: Array, windows: Windows, sizes: Shape | None
) -> Array:
    """Turn the kernel over the windows' output into the kernel over their input.

    Parameters
    ----------
    own :
        (taps, ..., read, given), or (taps, ..., 1) if channels do not mix.
    sizes :
        The sizes of the axes, if the kernel has all positions; None if it has windows.
    """
    places = kernel.shape[:-2]
    if sizes is None:
        shape = tuple(
            (n - 1) * w.stride + w.taps for n, w in zip(places, windows, strict=True)
        )
        starts = (0,) * len(windows)
    else:
        shape = tuple(window.extent for window in windows)
        starts = tuple(window.before for window in windows)
    channels = (
        own.shape[-2] if own is not None and own.ndim > len(windows) + 1 else None
    )
    read = kernel.shape[-2] if channels is None else channels
    scattered = np.zeros((*shape, read, kernel.shape[-1]))
    for taps in product(*(range(window.taps) for window in windows)):
        piece = kernel
        if own is not None:
            piece = own[taps] * kernel if channels is None else own[taps] @ kernel
        into, take = _slices(taps, starts, places, windows, shape)
        scattered[into] += piece[take]
    if sizes is None:
        return scattered
    return scattered[tuple(slice(None, None, window.step) for window in windows)]


def _slices(
    taps: tuple[int, ...],
    starts: tuple[int, ...],
    places: Shape,
    windows: Windows,
    shape: Shape,
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return slices of the positions that a tap reads, and of their readers."""
    into: list[slice] = []
    take: list[slice] = []
    for tap, start, count, window, size in zip(
        taps, starts, places, windows, shape, strict=True
    ):
        first = max(0, -(-(start - tap) // window.stride))
        last = min(count, (size - 1 + start - tap) // window.stride + 1)
        last = max(first, last)
        begin = first * window.stride - start + tap
        end = begin + max(0, (last - first - 1) * window.stride + 1)
        into.append(slice(begin, end if last > first else begin, window.stride))
        take.append(slice(first, last))
    return tuple(into), tuple(take)


def _compose_windows(windows: Windows, later: Windows | None) -> Windows:
    if later is None:
        return windows
    found = []
    for own, after in zip(windows, later, strict=True):
        both = own.then(after)
        assert both is not None  # because the term is exact
        found.append(both)
    return tuple(found)


def _through(
    kernel: Array, shift: Array, later: Windows | None, is_full: bool
) -> Array:
    """Return the bias that results if the channels that a kernel reads are shifted."""
    seen = np.einsum("...io,i->...o", kernel, shift)
    axes = tuple(range(kernel.ndim - 2))
    is_alike = later is None or not any(w.pads or w.step > 1 for w in later)
    if is_full or later is None or is_alike:
        total: Array = seen.sum(axis=axes)
        return total
    for axis, window in enumerate(later):
        seen = np.moveaxis(np.tensordot(_mask(window), seen, (1, axis)), 0, axis)
    places = tuple(window.places for window in later)
    by_place: Array = seen.reshape(-1) if set(places) == {1} else seen
    return by_place


def _mask(window: AxisWindow) -> Array:
    """Return which taps are inside the axis, of shape (places, taps)."""
    places = np.arange(window.places)[:, None] * window.stride - window.before
    at = places + np.arange(window.taps)
    inside = (at >= 0) & (at < window.extent) & (at % window.step == 0)
    mask: Array = inside.astype(float)
    return mask
