"""Convert the weights of a model to the tensors of its spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.convert import Conversion
from snnc.importer.draft import INPUT, RELU, StatementDraft
from snnc.importer.kernels import Kernels, crop, of_groups, two_classes
from snnc.importer.linear import Term
from snnc.importer.model import ModelWeights, unclear
from snnc.importer.spec import TOP
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalNetwork
from snnc.text.tables import dims

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Stored = NDArray[np.float32]


LIMIT = 1000 / TOP
"""The activation at which an encoder clips: 1/(dt HI) at a time step of 1 ms."""


def convert_weights(
    conversion: Conversion, weights: ModelWeights, network: LogicalNetwork
) -> tuple[dict[str, Stored], TensorMaker]:
    """Return the tensors of a spec.

    Parameters
    ----------
    network :
        The compiled spec.

    Raises
    ------
    RefusedModelError
        If the weights of a layer can't be read.
    """
    maker = TensorMaker(conversion, weights)
    made = dict(maker.all())
    for tensor in tensors(network):
        array = made[tensor.name]
        if array.size != prod(tensor.shape):
            reason = (
                f"it has {array.size} values, but {dims(tensor.shape)} are expected"
            )
            raise unclear(tensor.name, reason)
        made[tensor.name] = array.reshape(tensor.shape)
    return made, maker


class TensorMaker:
    """Makes the tensors of a spec; the scales are known after all are made.

    Attributes
    ----------
    bound :
        The largest activation that the encoder can have; 0 for `encode rate`.
    encoder :
        The divisor of the encoder's weights; its readers' weights are multiplied by it.
    rate :
        The upper rate of the encoder in Hz. The rate is lower if the encoder would clip
        and its weights can't be divided, because a reader adds the encoder's output to
        other values.
    """

    def __init__(self, conversion: Conversion, weights: ModelWeights) -> None:
        assert conversion.written is not None
        layers = {layer.name: layer for layer in conversion.model.layers}
        self._kernels = Kernels(weights, layers)
        self._drafts = {draft.layer: draft for draft in conversion.drafts}
        self._state = conversion.state
        self._names = conversion.written.names
        self.bound = 0.0
        self.encoder = 1.0
        self.rate = TOP

    def all(self) -> Iterator[tuple[str, Stored]]:
        """Yield the tensors' names and values, kernels as (taps, in, out)."""
        for draft in self._drafts.values():
            if draft.kind in ("avgpool", "maxpool", "add", "concat"):
                continue
            for name, tensor in self._tensors(draft):
                value = np.asarray(tensor, np.float32)
                if not np.isfinite(value).all():
                    raise unclear(draft.layer, "they contain NaN or infinite values")
                yield name, value

    def _tensors(self, draft: StatementDraft) -> Iterator[tuple[str, Array]]:
        kernels, bias = self._read(draft, draft.main)
        beside, added = self._read(draft, draft.beside)
        bias = bias + added
        if draft.layer == self._state.encoder:
            kernel = np.concatenate([kernels[key] for key in draft.reads], axis=1)
            kernel = kernel * self._state.divisor
            scale = self._fit_encoder(draft, kernel, bias)
            kernel, bias = kernel / scale, bias / scale
        else:
            kernel = self._join(draft.reads, kernels)
        if draft.kind == "readout" and kernel.shape[-1] < draft.shape[-1]:
            kernel, bias = two_classes(kernel, bias)
        name = self._names[draft.layer]
        if draft.image:  # the input is one pixel, so the outputs are taps
            taps = kernel.reshape(-1, *draft.image[:2], draft.image[2])
            kernel = np.moveaxis(taps, 0, -1)
        if draft.upscale:  # Keras reverses transposed kernels, and swaps their channels
            kernel = kernel[::-1].swapaxes(-1, -2)
        yield f"{name}.kernel", of_groups(kernel, draft.groups)
        yield f"{name}.bias", bias
        if draft.is_learned:
            sources = dict.fromkeys(term.source for term in draft.beside)
            yield f"{name}.shortcut", self._join(sources, beside)

    def _read(
        self, draft: StatementDraft, terms: tuple[Term, ...]
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
            if term in draft.main and draft.kernel:
                kernel = _place_kernel(draft, term, kernel)
            is_first = term is terms[0] and terms is draft.main
            kernel, bias = _by_units(draft, kernel, bias, is_first)
            kernel = kernel.reshape(-1, *kernel.shape[-2:])
            by_source[term.source] = by_source.get(term.source, 0) + kernel
            total = total + bias
        return by_source, total

    def _join(self, sources: Iterable[str], kernels: Mapping[str, Array]) -> Array:
        """Return the kernel over several sources, with the factors of these sources."""
        scaled = [self._fold_scaling(key, kernels[key]) for key in sources]
        return np.concatenate(scaled, axis=1)

    def _fold_scaling(self, source: str, kernel: Array) -> Array:
        """Return a kernel that includes the factors of its source.

        `encode rate` divides by the largest value, and uses separate channels for the
        two signs.
        """
        factors = self._scales_of(source)
        if (factors != 1).any():
            kernel = kernel * factors[:, None]
        is_signed = self._state.encoder is None and self._state.encoded[0] < 0
        if is_signed and self._state.reads_input(source):
            return np.concatenate([kernel, -kernel], axis=1)
        return kernel

    def _scales_of(self, source: str) -> Array:
        """Return the factor between the spec's and Keras's values of each channel."""
        if source == INPUT:
            largest = max(map(abs, self._state.encoded))
            return np.full(self._state.input_shape[-1], self._state.divisor * largest)
        draft = self._drafts[source]
        if source == self._state.encoder:
            return np.full(draft.shape[-1], self.encoder)
        if draft.kind in ("avgpool", "maxpool", "concat"):
            return np.concatenate([self._scales_of(key) for key in draft.sources])
        return np.ones(draft.shape[-1])

    def _fit_encoder(self, draft: StatementDraft, kernel: Array, bias: Array) -> float:
        """Return the power of 2 by which to divide the encoder to prevent clipping.

        ReLU commutes with positive factors, and powers of 2 are exact in floats.
        """
        low, high = self._state.encoded
        low, high = min(low, 0.0), max(high, 0.0)
        most = np.maximum(kernel * low, kernel * high).sum(axis=(0, 1)) + bias
        self.bound = float(most.max())
        if self.bound <= LIMIT:
            return 1.0
        factor = float(2 ** np.ceil(np.log2(self.bound / LIMIT)))
        if self._is_summed(draft.layer):
            self.rate = TOP / factor
            return 1.0
        self.encoder = factor
        return factor

    def _is_summed(self, key: str) -> bool:
        """Whether an `add`, or a shortcut without weights, reads a draft."""
        for draft in self._drafts.values():
            is_read = key in draft.sources
            if draft.shortcut == key and not draft.is_learned:
                return True
            if is_read and draft.kind == "add":
                return True
            passes = draft.kind in ("avgpool", "maxpool", "concat")
            if is_read and passes and self._is_summed(draft.layer):
                return True
        return False


def _place_kernel(draft: StatementDraft, term: Term, kernel: Array) -> Array:
    """Return a term's kernel at its position in the statement's kernel."""
    windows = term.windows()
    assert windows is not None
    pairs = zip(windows, draft.before, strict=True)
    starts = tuple(window.before - before for window, before in pairs)
    full = crop(kernel, starts, draft.extent)
    steps = draft.dilation or (1,) * len(windows)
    return full[tuple(slice(None, None, step) for step in steps)]


def _by_units(
    draft: StatementDraft, kernel: Array, bias: Array, is_first: bool
) -> tuple[Array, Array]:
    """Return the kernel and the bias for all neurons of each value."""
    if draft.units == RELU:
        return kernel, bias
    factors = np.array([unit.factor for unit in draft.units])
    shifts = np.array([unit.shift for unit in draft.units]) * is_first
    wide = (kernel[..., None] * factors).reshape(*kernel.shape[:-1], -1)
    moved = (bias[..., None] * factors + shifts).reshape(*bias.shape[:-1], -1)
    return wide, moved
