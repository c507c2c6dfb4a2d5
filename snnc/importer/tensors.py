"""Convert the weights of a model to the tensors of its spec.

Kernels of terms are composed from the last step back to the source. Each step back
turns a kernel (positions, channels, outputs) over the step's output into a kernel over
its input. It adds the step's shift, multiplied by the kernel, to the bias. The
positions of a windowed kernel are its taps; a matrix has all positions of an axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.importer.batch_norm import batch_norm
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Shape,
    Term,
    Terms,
    Windows,
    joint,
)
from snnc.importer.model import KerasLayer, KerasModel, ModelWeights
from snnc.importer.refusals import unclear
from snnc.importer.spec import LIMIT, SPIKE, TOP, WrittenSpec
from snnc.importer.values import INPUT, RELU, StatementDraft, reads_input
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalNetwork
from snnc.runtime.nengo import kernels
from snnc.text.tables import dims

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Stored = NDArray[np.float32]


DIVERGED = "the training diverged: train again, with a lower learning rate"


def convert_weights(
    written: WrittenSpec,
    model: KerasModel,
    weights: ModelWeights,
    network: LogicalNetwork,
) -> tuple[dict[str, Stored], TensorMaker]:
    """Return the tensors of a model's spec, which was compiled to a network.

    Raise RefusedModelError if the weights of a layer can't be read.
    """
    maker = TensorMaker(written, model, weights)
    shapes = {tensor.name: tensor.shape for tensor in tensors(network)}
    converted: dict[str, Stored] = {}
    for draft in written.drafted.drafts.values():
        for name, array in maker.tensors_of(draft):
            value = np.ascontiguousarray(array, np.float32)
            # Check the result: large values become infinite in float32.
            if not np.isfinite(value).all():
                reason = "they contain NaN or infinite values"
                raise unclear(draft.layer, reason, advice=DIVERGED)
            shape = shapes.get(name, value.shape)
            if value.size != prod(shape):
                reason = f"it has {value.size} values, but {dims(shape)} are expected"
                raise unclear(name, reason)
            converted[name] = value.reshape(shape)
    return converted, maker


class TensorMaker:
    """Makes the tensors of a spec; the scales are known after all are made.

    Attributes
    ----------
    bound :
        The largest activation that the encoder can have; 0 for `encode rate`.
    encoder_divisor :
        The divisor of the encoder's weights; its readers' weights are multiplied by it.
    rate :
        The upper rate of the encoder in Hz. The rate is lower if the encoder would clip
        and its weights can't be divided, because a reader adds the encoder's output to
        other values.
    least :
        The divisor of an encoder that doesn't clip.
    """

    def __init__(
        self, written: WrittenSpec, model: KerasModel, weights: ModelWeights
    ) -> None:
        layers = {layer.name: layer for layer in model.layers}
        self._kernels = Kernels(weights, layers)
        self._drafts = written.drafted.drafts
        self._input = written.drafted.input
        self._encoder_name = written.drafted.encoder
        self._names = written.names
        self.bound = 0.0
        self.encoder_divisor = 1.0
        self.rate = TOP
        kinds = {layer.kind for layer in model.layers}
        # The encoder of a NIR graph fires once per step where other layers do.
        self.least = SPIKE / LIMIT if "Neurons" in kinds else 1.0

    def tensors_of(self, draft: StatementDraft) -> Iterator[tuple[str, Array]]:
        """Yield a draft's tensors by name, kernels as (taps, in, out)."""
        if draft.is_path:
            return
        by_source, bias = self._read(draft, draft.main)
        shortcut_by_source, shortcut_bias = self._read(draft, draft.beside)
        bias = bias + shortcut_bias
        if draft.layer == self._encoder_name:
            # Unlike readers of `encode rate`, it reads values that nothing has divided.
            (kernel,) = by_source.values()
            kernel = kernel * self._input.divisor
            scale = self._fit_encoder(draft, kernel, bias)
            kernel = kernel / scale
            bias = bias / scale
        else:
            kernel = self._join(by_source)
        if draft.kind == "readout" and kernel.shape[-1] < draft.shape[-1]:
            # The softmax of the logits (0, x) is the sigmoid of the only unit x.
            kernel = np.concatenate([np.zeros_like(kernel), kernel], axis=-1)
            bias = np.concatenate([np.zeros_like(bias), bias])
        name = self._names[draft.layer]
        if draft.image:  # the input is one pixel, so the outputs are taps
            taps = kernel.reshape(-1, *draft.image[:2], draft.image[2])
            kernel = np.moveaxis(taps, 0, -1)
            # Without a bias, the layout has one zero per filter, not per neuron.
            bias = bias[: draft.image[2]] if draft.bias == "off" else bias
        if draft.window.upscale:  # Keras reverses these kernels, and swaps channels
            kernel = kernel[::-1].swapaxes(-1, -2)
        yield f"{name}.kernel", of_groups(kernel, draft.groups)
        yield f"{name}.bias", bias
        if draft.is_learned:
            yield f"{name}.shortcut", self._join(shortcut_by_source)

    def _read(
        self, draft: StatementDraft, terms: Terms
    ) -> tuple[dict[str, Array], Array]:
        """Return a statement's kernels (taps, in, out) by source, and its bias."""
        by_source: dict[str, Array] = {}
        total: Array = np.zeros(1)
        for term in terms:
            try:
                kernel, bias = self._kernels.compose(term)
            except (KeyError, ValueError, IndexError) as error:
                layers = [step.layer for step in term.steps if step.is_kernel]
                reason = f"they do not have the shapes of its configuration ({error})"
                raise unclear([draft.layer, *layers][-1], reason) from error
            if term in draft.main and draft.window.kernel:
                kernel = _place_kernel(draft, term, kernel)
            is_first = term is terms[0] and terms is draft.main
            kernel, bias = _by_units(draft, kernel, bias, is_first=is_first)
            kernel = kernel.reshape(-1, *kernel.shape[-2:])
            by_source[term.source] = by_source.get(term.source, 0) + kernel
            total = total + bias
        return by_source, total

    def _join(self, by_source: Mapping[str, Array]) -> Array:
        """Return the kernel over several sources, with the factors of these sources."""
        scaled = [self._fold_scaling(key, kernel) for key, kernel in by_source.items()]
        return np.concatenate(scaled, axis=1)

    def _fold_scaling(self, source: str, kernel: Array) -> Array:
        """Return a kernel that includes the factors of its source.

        `encode rate` divides by the largest value, and uses separate channels for the
        two signs.
        """
        factors = self._scales_of(source)
        if (factors != 1).any():
            kernel = kernel * factors[:, None]
        # The channels of negative values get the same weights with the opposite sign.
        is_signed = self._encoder_name is None and self._input.encoded[0] < 0
        if is_signed and reads_input(self._drafts, source):
            return np.concatenate([kernel, -kernel], axis=1)
        return kernel

    def _scales_of(self, source: str) -> Array:
        """Return by what a source's channels in the spec are multiplied in Keras."""
        if source == INPUT:
            largest = max(map(abs, self._input.encoded))
            return np.full(self._input.shape[-1], self._input.divisor * largest)
        draft = self._drafts[source]
        if source == self._encoder_name:
            return np.full(draft.shape[-1], self.encoder_divisor)
        # No encoder that an `add` reads is scaled (see `_is_summed`).
        if draft.is_path and draft.kind != "add":
            return np.concatenate([self._scales_of(key) for key in draft.sources])
        return np.ones(draft.shape[-1])

    def _fit_encoder(self, draft: StatementDraft, kernel: Array, bias: Array) -> float:
        """Return the power of 2 by which to divide the encoder.

        It prevents clipping, and is at least ``least``. ReLU commutes with positive
        factors, and powers of 2 are exact in floats.
        """
        # Padding adds zeros to the input.
        low = min(self._input.encoded[0], 0.0)
        high = max(self._input.encoded[1], 0.0)
        # The bound takes, for each weight, the end of the range that suits its sign.
        most = np.maximum(kernel * low, kernel * high).sum(axis=(0, 1)) + bias
        self.bound = float(most.max())
        excess = max(self.bound / LIMIT, self.least)
        if excess <= 1:
            return 1.0
        factor = float(2 ** np.ceil(np.log2(excess)))
        if self._is_summed(draft.layer):
            self.rate = TOP / factor
            return 1.0
        self.encoder_divisor = factor
        return factor

    def _is_summed(self, key: str) -> bool:
        """Whether an `add`, or a shortcut without weights, reads a draft."""
        for draft in self._drafts.values():
            if draft.shortcut == key and not draft.is_learned:
                return True
            if key not in draft.sources:
                continue
            # A path, such as a pool or a `concat`, passes on what it reads.
            is_passed = draft.is_path and self._is_summed(draft.layer)
            if draft.kind == "add" or is_passed:
                return True
        return False


def _place_kernel(draft: StatementDraft, term: Term, kernel: Array) -> Array:
    """Return a term's kernel at its position in the statement's kernel."""
    windows = term.windows()
    assert windows is not None
    pairs = zip(windows, draft.window.before, strict=True)
    starts = tuple(window.before - before for window, before in pairs)
    full = crop(kernel, starts, draft.window.extent)
    taps = tuple(slice(None, None, step) for step in draft.window.dilation)
    return full[taps]


def _by_units(
    draft: StatementDraft, kernel: Array, bias: Array, *, is_first: bool
) -> tuple[Array, Array]:
    """Expand the outputs of a kernel and a bias from values to their neurons.

    Only the first kernel of a statement (``is_first``) adds the shifts of neurons.
    """
    if draft.units == RELU:
        return kernel, bias
    factors = np.array([unit.factor for unit in draft.units])
    shifts = np.array([unit.shift for unit in draft.units]) * is_first
    # The neurons of a value are neighbouring channels.
    wide = (kernel[..., None] * factors).reshape(*kernel.shape[:-1], -1)
    moved = (bias[..., None] * factors + shifts).reshape(*bias.shape[:-1], -1)
    return wide, moved


class Kernels:
    """Composes terms from the weights of a model.

    Raise KeyError or ValueError if the shapes of weights don't match the configuration.
    """

    def __init__(self, weights: ModelWeights, layers: Mapping[str, KerasLayer]) -> None:
        self._weights = weights
        self._layers = layers

    def compose(self, term: Term) -> tuple[Array, Array]:
        """Return a term's kernel and bias.

        The kernel is (taps or places, ..., channels, outputs). It has all positions of
        the source if the term is a matrix, otherwise the taps of its windows. The bias
        is (outputs,), or (places, ..., outputs) if padded zeros reduce a shift near a
        border.
        """
        rank = len(term.sizes(len(term.steps)))
        if not term.steps:
            return _unit_kernel(term, rank), np.zeros(term.channels)
        outputs = term.channels
        kernel: Array = np.eye(outputs).reshape((1,) * rank + (outputs,) * 2)
        bias: Array = np.zeros(outputs)
        later: Windows | None = None
        is_full = False
        # From the last step back, so that the kernel has only the term's outputs.
        for index in range(len(term.steps) - 1, -1, -1):
            step = term.steps[index]
            if step.op in ("matrix", "unroll"):
                matrix, added = self._matrix(step, term.sizes(index))
                flat = kernel.reshape(-1, outputs)
                kernel = matrix @ flat
                bias = bias + added @ flat
                # Before this matrix, the kernel has all positions of the axes.
                is_full = True
                continue
            shift = self._shift(step)
            if shift is not None:
                bias = bias + _through(kernel, shift, None if is_full else later)
            kernel = self._back(step, kernel, is_full=is_full)
            if not is_full:
                later = step.windows if later is None else joint(step.windows, later)
        return kernel, bias

    def _matrix(self, step: LinearStep, sizes: Shape) -> tuple[Array, Array]:
        """Return a matrix as a kernel over all positions, and its bias."""
        shape = (*sizes, step.read)
        bias = np.zeros(step.outputs)
        if step.op == "unroll":
            return _on_positions(np.eye(step.outputs), step.order, shape), bias
        arrays = self._weights.of(step.layer)
        matrix: Array = np.atleast_1d(arrays["kernel"])
        if step.is_first:
            bias = _bias(arrays, step.outputs)
        total = len(matrix)
        rows = slice(step.start, step.start + step.rows)
        matrix = matrix[rows]
        for norm in reversed(step.before):
            scale, shift = self.norm(norm.layer, norm.read)
            # A norm over the concatenated vector: this term has a part of it.
            if norm.read == total and step.rows != total:
                scale = scale[rows]
                shift = shift[rows]
            bias = bias + shift @ matrix
            matrix = matrix * scale[:, None]
        if matrix.size != prod(shape) * step.outputs:
            raise ValueError(
                f"its kernel is {dims(matrix.shape)}, but {prod(shape)}x{step.outputs} "
                "is expected"
            )
        return _on_positions(matrix, step.order, shape), bias

    def _shift(self, step: LinearStep) -> Array | None:
        """Return the shift that a step adds to its channels, or None."""
        if not step.is_first or not step.bias:
            return None
        if step.op == "norm":
            return self.norm(step.layer, step.outputs)[1]
        if step.op == "scale":
            return np.broadcast_to(np.asarray(step.shifts), (step.outputs,))
        if step.op == "fill":
            norm = self.norm(step.layer, step.outputs)[1][:, None]
            gains, factors, shifts = np.reshape(step.factors, (-1, 3)).T
            rates = np.maximum(0, factors * norm + shifts)
            return np.asarray((gains * rates).sum(axis=1))
        return _bias(self._weights.of(step.layer), step.outputs)

    def norm(self, name: str, channels: int) -> tuple[Array, Array]:
        """Return the factor and the shift of each channel of a norm."""
        layer = self._layers[name]
        arrays: Mapping[str, Any] = self._weights.of(name)
        return batch_norm(layer, arrays, channels)

    def _back(self, step: LinearStep, kernel: Array, *, is_full: bool) -> Array:
        """Turn the kernel over a step's output into the kernel over its input."""
        start = step.start
        match step.op:
            case "fill":
                # It only adds a shift.
                return kernel
            case "norm":
                return kernel * self.norm(step.layer, step.outputs)[0][:, None]
            case "scale":
                factors = np.broadcast_to(np.asarray(step.factors), (step.outputs,))
                return np.asarray(kernel * factors[:, None])
            case "embed":
                return kernel[..., start : start + step.read, :]
            case "select":
                wide = np.zeros((*kernel.shape[:-2], step.read, kernel.shape[-1]))
                wide[..., start : start + step.outputs, :] = kernel
                return wide
            case "mix" | "slope":  # a value's neurons are consecutive channels
                mixed: Array = kernel[..., None, :] * self._gains(step)
                return mixed.reshape(*kernel.shape[:-2], -1, kernel.shape[-1])
            case "edge mean":
                kernel = _per_value(kernel, step.windows)
        return _scatter(self._kernel_of(step), kernel, step.windows, is_full=is_full)

    def _gains(self, step: LinearStep) -> Array:
        """Return the gains of each value's neurons, (..., neurons, 1)."""
        if step.op == "mix":
            return np.asarray(step.factors)[:, None]
        slopes = self._slopes(step)
        # PReLU(x) is relu(x) - slope relu(-x).
        gains: Array = np.stack([np.ones_like(slopes), -slopes], -1)[..., None]
        return gains

    def _slopes(self, step: LinearStep) -> Array:
        """Return the slopes of a `PReLU`, per channel."""
        alpha = np.asarray(self._weights.of(step.layer)["alpha"], np.float64)
        return np.broadcast_to(alpha.reshape(-1), (step.outputs,))

    def _kernel_of(self, step: LinearStep) -> Array:
        """Return the kernel of a step alone, (taps, ..., inputs, outputs).

        The kernel of a window or a mean is one factor per tap, (taps, ..., 1).
        """
        if step.op in ("window", "mean", "edge mean"):
            taps = tuple(window.taps for window in step.windows)
            return np.full((*taps, 1), 1.0 if step.op == "window" else 1 / prod(taps))
        planes = self._planes_of(step)
        kernel = planes.reshape(-1, *planes.shape[-2:])
        if step.op == "separable":
            pointwise = _planes(self._weights.of(step.layer)["pointwise_kernel"])
            # Keras sorts the outputs of a depthwise kernel by input channel.
            by_input = pointwise.reshape(planes.shape[-2], -1, step.outputs)
            kernel = np.einsum("tim,imo->tio", kernel, by_input)
        elif step.groups > 1:
            lifted = kernel[None, None]
            kernel = kernels.ungroup(lifted, kernel.shape[-1], step.groups)[0, 0]
        if kernel.shape[1:] != (step.read, step.outputs):
            raise ValueError(
                f"its kernel has {dims(kernel.shape[1:])} channels, but {step.read}x"
                f"{step.outputs} are expected"
            )
        return _on_axes(kernel.reshape(*planes.shape[:-2], *kernel.shape[1:]), step)

    def _planes_of(self, step: LinearStep) -> Array:
        """Return a stored kernel, (taps, ..., inputs of a group, outputs)."""
        arrays = self._weights.of(step.layer)
        if step.op not in ("depthwise", "separable"):
            planes = _planes(arrays["kernel"])
            # Keras mirrors the kernel of a transposed convolution.
            is_mirrored = step.op == "transposed"
            return planes[::-1, ::-1].swapaxes(-1, -2) if is_mirrored else planes
        # Files of Keras 3 in HDF5 name it `kernel`.
        planes = _planes(arrays.get("depthwise_kernel", arrays.get("kernel")))
        is_separable = step.op == "separable"
        return planes if is_separable else planes.reshape(*planes.shape[:-2], 1, -1)


def _unit_kernel(term: Term, rank: int) -> Array:
    """Return the kernel of a term without steps."""
    if rank == 0:
        size = prod(term.read)
        return np.eye(size).reshape(*term.read, size)
    size = term.channels
    return np.eye(size).reshape((1,) * rank + (size, size))


def _on_positions(values: Array, order: Shape, shape: Shape) -> Array:
    """Return values for each position; Keras flattens axes in an order."""
    axes = [axis for axis in order if shape[axis] > 1]
    # Axes of size 1 are in no particular place of Keras's order (see `values`).
    axes += [axis for axis in range(len(shape)) if axis not in axes]
    sizes = [shape[axis] for axis in axes]
    unflattened = values.reshape(*sizes, values.shape[-1])
    return np.transpose(unflattened, (*np.argsort(axes), len(shape)))


def of_groups(kernel: Array, groups: int) -> Array:
    """Extract a grouped kernel from a kernel over all channels."""
    if groups == 1:
        return kernel
    taps, channels, filters = kernel.shape
    parts = kernel.reshape(taps, groups, channels // groups, groups, -1)
    diagonal = [parts[:, group, :, group] for group in range(groups)]
    whole: Array = np.stack(diagonal, axis=2)
    return whole.reshape(taps, -1, filters)


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
    kernel = _at_taps(kernel, step)
    axes = [axis for axis in step.axes if axis is not None]
    # Applied twice, argsort gives the rank of each axis among those that exist.
    kernel = np.moveaxis(kernel, range(len(axes)), np.argsort(np.argsort(axes)))
    shape = [1] * len(step.windows)
    for axis, size in zip(sorted(axes), kernel.shape, strict=False):
        shape[axis] = size
    kernel = kernel.reshape(*shape, *kernel.shape[-2:])
    full = np.zeros((*(w.taps for w in step.windows), *kernel.shape[-2:]))
    place = tuple(slice(None, None, window.dilation) for window in step.windows)
    if full[place].shape != kernel.shape:
        raise ValueError(f"its kernel is {dims(kernel.shape)}")
    full[place] = kernel
    return full


def _at_taps(kernel: Array, step: LinearStep) -> Array:
    """Return a Keras kernel without the axes that the spec lacks."""
    for axis in reversed(range(len(step.axes))):
        if step.axes[axis] is None:
            kernel = np.take(kernel, step.taps[axis], axis=axis)
    return kernel


def _per_value(kernel: Array, windows: Windows) -> Array:
    """Divide each output by the values in its window, instead of the window's size."""
    for axis, window in enumerate(windows):
        share = window.taps / _mask(window).sum(axis=1)
        others = tuple(other for other in range(kernel.ndim) if other != axis)
        kernel = kernel * np.expand_dims(share, others)
    return kernel


def _scatter(
    step_kernel: Array, kernel: Array, windows: Windows, *, is_full: bool
) -> Array:
    """Turn the kernel over the windows' output into the kernel over their input.

    ``step_kernel`` is (taps, ..., inputs, outputs), or (taps, ..., 1) if channels do
    not mix. With ``is_full``, the kernel has all positions of the axes, not only
    windows.
    """
    mixes = step_kernel.ndim > len(windows) + 1
    taps = tuple(window.taps for window in windows)
    strides = tuple(window.stride for window in windows)
    # The distance between the first and the last window along each axis.
    reaches = [
        (n - 1) * stride for n, stride in zip(kernel.shape, strides, strict=False)
    ]
    read = step_kernel.shape[-2] if mixes else kernel.shape[-2]
    scattered = np.zeros((*np.add(reaches, taps), read, kernel.shape[-1]))
    for tap in np.ndindex(taps):
        piece = step_kernel[tap] @ kernel if mixes else step_kernel[tap] * kernel
        stops = np.add(tap, reaches) + 1
        scattered[tuple(map(slice, tap, stops, strides))] += piece
    return _at_values(scattered, windows) if is_full else scattered


def _at_values(kernel: Array, windows: Windows) -> Array:
    """Return every ``step``-th position of a kernel within its windows."""
    starts = tuple(window.before for window in windows)
    extents = tuple(window.extent for window in windows)
    values = tuple(slice(None, None, window.step) for window in windows)
    return crop(kernel, starts, extents)[values]


def crop(kernel: Array, starts: Shape, sizes: Shape) -> Array:
    """Return the part of a kernel at ``starts``; positions outside the kernel are 0."""
    pads: list[tuple[int, int]] = []
    inside: list[slice] = []
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        pads.append((max(0, -start), max(0, start + size - kernel.shape[axis])))
        begin = max(0, start)
        inside.append(slice(begin, begin + size))
    padded = np.pad(kernel, [*pads, (0, 0), (0, 0)])
    return padded[tuple(inside)]


def _through(kernel: Array, shift: Array, later: Windows | None) -> Array:
    """Return the bias that results if the channels that a kernel reads are shifted.

    Zeros around the later windows are not shifted.
    """
    bias: Array = np.einsum("...io,i->...o", kernel, shift)
    # Without zeros, the shift is the same at all positions.
    if later is None or not any(w.pads or w.step > 1 for w in later):
        taps = tuple(range(kernel.ndim - 2))
        return np.asarray(bias.sum(axis=taps))
    for axis, window in enumerate(later):
        by_place = np.tensordot(_mask(window), bias, (1, axis))
        bias = np.moveaxis(by_place, 0, axis)
    is_one = {window.places for window in later} == {1}
    return bias.reshape(-1) if is_one else bias


def _mask(window: AxisWindow) -> Array:
    """Return which taps are inside the axis, of shape (places, taps)."""
    starts = np.arange(window.places) * window.stride - window.before
    positions = starts[:, None] + np.arange(window.taps)
    is_inside = (positions >= 0) & (positions < window.extent)
    # Between the values of a transposed convolution, there are zeros.
    is_value = positions % window.step == 0
    return np.asarray(is_inside & is_value, float)
