"""Factors of folded batch norms, and of layers where 1.0 differs from Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.draft import INPUT, StatementDraft
from snnc.importer.statements import TOP

if TYPE_CHECKING:
    from snnc.importer.convert import Conversion
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def batch_norm(
    kind: str, options: Mapping[str, Any], arrays: Mapping[str, Any], channels: int
) -> tuple[Array, Array]:
    """Return the factor and the offset of each channel, with running statistics.

    The formulas are those of ``keras.layers.BatchNormalization`` and, for
    ``Normalization``, of its ``call``, whose smallest deviation is 1e-7.
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


def depthwise(kernel: Array) -> Array:
    """Return a depthwise kernel (taps, in, multiplier) as a full one."""
    taps, channels, _ = kernel.shape
    return ungrouped(kernel.reshape(taps, 1, -1), channels)


def ungrouped(kernel: Array, groups: int) -> Array:
    """Return a kernel (taps, in of a group, out) over all channels."""
    taps, read, filters = kernel.shape
    full = np.zeros((taps, groups, read, groups, filters // groups))
    parts = kernel.reshape(taps, read, groups, -1)
    for group in range(groups):
        full[:, group, :, group] = parts[:, :, group]
    whole: Array = full.reshape(taps, groups * read, filters)
    return whole


def of_groups(kernel: Array, groups: int) -> Array:
    """Return a kernel over all channels as one over those of a group."""
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
    """Return the logits (0, x) of one unit x; softmax of them is its sigmoid."""
    return (
        np.concatenate([np.zeros_like(kernel), kernel], axis=-1),
        np.concatenate([np.zeros_like(bias), bias]),
    )


LIMIT = 1000 / TOP
"""The activation at which an encoder clips: 1/(dt HI), at a step of 1 ms."""


class Scales:
    """The factors between the spec's activations and Keras's.

    Attributes
    ----------
    divisor :
        The divisor of the model's values in the spec.
    bound :
        The largest activation that the encoder can have; 0 for `encode rate`.
    encoder :
        The divisor of its weights, by which its readers' weights are multiplied.
    rate :
        The upper rate in Hz at which it does not clip, if it can't be divided because
        a reader adds it to other layers' values.
    """

    def __init__(self, conversion: Conversion) -> None:
        assert conversion.ends is not None
        assert conversion.written is not None
        self._drafts = {draft.layer: draft for draft in conversion.drafts}
        self._values = conversion.written.values
        self.divisor = conversion.written.divisor
        self._key = conversion.ends.encoder
        self.bound = 0.0
        self.encoder = 1.0
        self.rate = TOP

    def of(self, source: str, channels: int) -> Array:
        """Return the factor of each channel that a kernel reads."""
        if source == INPUT:
            low, high = self._values
            return np.full(channels, self.divisor * max(abs(low), abs(high)))
        draft = self._drafts[source]
        if source == self._key:
            return np.full(channels, self.encoder)
        if draft.kind in ("avgpool", "maxpool"):
            return self.of(draft.sources[0], channels)
        if draft.kind == "concat":
            sizes = [self._channels(key, draft) for key in draft.sources]
            parts = [self.of(k, n) for k, n in zip(draft.sources, sizes, strict=True)]
            return np.concatenate(parts)
        return np.ones(channels)

    def _channels(self, source: str, reader: StatementDraft) -> int:
        if source:
            return self._drafts[source].shape[-1]
        others = sum(self._drafts[key].shape[-1] for key in reader.sources if key)
        return reader.shape[-1] - others

    def fit_encoder(self, draft: StatementDraft, kernel: Array, bias: Array) -> float:
        """Return the power of 2 to divide the encoder by so that it does not clip.

        ReLU keeps factors, and powers of 2 are exact in floats.
        """
        low, high = min(self._values[0], 0.0), max(self._values[1], 0.0)
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
            if draft.shortcut == key and not draft.is_learned:
                return True
            if key in draft.sources and draft.kind == "add":
                return True
            kinds = ("avgpool", "maxpool", "concat")
            passes = draft.kind in kinds and key in draft.sources
            if passes and self._is_summed(draft.layer):
                return True
        return False
