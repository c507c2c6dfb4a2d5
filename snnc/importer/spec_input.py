"""The input of the spec: its shape, and the ranges of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from snnc.importer.linear import Shape
from snnc.rules.shapes import WIDEST_UNSCALED


@dataclass(frozen=True, slots=True)
class SpecInput:
    """The input of the spec.

    Attributes
    ----------
    requested :
        The range that the user gives for the values of the input, or None.
    shape :
        Its shape, channels last; empty until the reader of the input sets it.
    factor, offset :
        The factor and the offset of all `Rescaling` layers of the input together.
    is_embedded :
        Whether the host looks up the values.
    parts :
        The number of channels of each input of the model, if it has several.
    """

    requested: tuple[float, float] | None
    shape: Shape = ()
    factor: float = 1.0
    offset: float = 0.0
    is_embedded: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def given(self) -> tuple[float, float]:
        """The range of the input's values."""
        if self.requested is not None:
            return self.requested
        if self.is_embedded:
            return (-1.0, 1.0)
        # 8-bit images are divided by 255, or by 127.5.
        return (0.0, 255.0) if 0 < self.factor <= 1 / 64 else (0.0, 1.0)

    @property
    def seen(self) -> tuple[float, float]:
        """The range after a `Rescaling`, the encoder's input."""
        low, high = self.given
        return self._rescaled(low), self._rescaled(high)

    def _rescaled(self, value: float) -> float:
        return _clean(value * self.factor + self.offset)

    @property
    def divisor(self) -> float:
        """The divisor for wide input ranges, by which kernels are multiplied."""
        low, high = self.seen
        # A model with a `Rescaling` chose the range of its values itself.
        is_wide = self.given == self.seen and high - low > WIDEST_UNSCALED
        return max(abs(low), abs(high)) if is_wide else 1.0

    @property
    def encoded(self) -> tuple[float, float]:
        """The range of the encoded values, which is `as` in the spec."""
        low, high = self.seen
        return _clean(low / self.divisor), _clean(high / self.divisor)

    @property
    def is_plain(self) -> bool:
        """Whether an encoder outputs the unchanged values."""
        low, high = self.encoded
        return self.divisor == 1 and low >= 0 and high == 1


def _clean(value: float) -> float:
    """Round a number that is nearly a short one, such as 255 * 0.003921569 to 1.0."""
    near = round(value, 6)
    return near if abs(near - value) < 1e-6 else value
