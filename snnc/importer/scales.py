"""What stands for an activation of 1.0 of Keras, where it is not 1.0 in the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.draft import INPUT, Draft
from snnc.importer.statements import TOP

if TYPE_CHECKING:
    from snnc.importer.convert import Conversion
    from snnc.importer.folding import Array

LIMIT = 1000 / TOP
"""Where an encoder clips: 1/(dt HI), at a step of 1 ms."""


class Scales:
    """The factors between the spec's activations and Keras's.

    Attributes
    ----------
    bound :
        The largest activation that the encoder can have; 0 for `encode rate`.
    encoder :
        What its weights were divided by, and those of its readers multiplied.
    rate :
        The upper rate in Hz at which it does not clip, where it can't be divided since
        one of its readers adds it to what other layers give.
    """

    def __init__(self, conversion: Conversion) -> None:
        assert conversion.ends is not None
        assert conversion.written is not None
        self._drafts = {draft.layer: draft for draft in conversion.drafts}
        self._values = conversion.written.values
        self._key = conversion.ends.encoder
        self.bound = 0.0
        self.encoder = 1.0
        self.rate = TOP

    def of(self, source: str, channels: int) -> Array:
        """Return the factor of each channel that a kernel reads."""
        if source == INPUT:
            low, high = self._values
            return np.full(channels, max(abs(low), abs(high)))
        draft = self._drafts[source]
        if source == self._key:
            return np.full(channels, self.encoder)
        if draft.kind == "avgpool":
            return self.of(draft.sources[0], channels)
        if draft.kind == "concat":
            sizes = [self._channels(key, draft) for key in draft.sources]
            parts = [self.of(k, n) for k, n in zip(draft.sources, sizes, strict=True)]
            return np.concatenate(parts)
        return np.ones(channels)

    def _channels(self, source: str, reader: Draft) -> int:
        if source:
            return self._drafts[source].shape[-1]
        others = sum(self._drafts[key].shape[-1] for key in reader.sources if key)
        return reader.shape[-1] - others

    def fit_encoder(self, draft: Draft, kernel: Array, bias: Array) -> float:
        """Return a power of 2 by which the encoder is divided so as not to clip.

        ReLU keeps factors, and one of 2 changes no digit of a float.
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
            if draft.shortcut == key and draft.projection is None:
                return True
            if key in draft.sources and draft.kind == "add":
                return True
            passes = draft.kind in ("avgpool", "concat") and key in draft.sources
            if passes and self._is_summed(draft.layer):
                return True
        return False
