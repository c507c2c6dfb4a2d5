"""The user's options for an import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from snnc.ir.device import Profile

Range = tuple[float, float]

ACTIVATIONS = (
    "relu6", "leaky_relu", "prelu", "elu", "selu", "gelu", "swish", "softplus",
    "sigmoid", "hard_sigmoid", "tanh", "hard_swish", "mish", "softsign", "celu",
    "exponential", "thresholded_relu",
)  # fmt: skip
"""Hidden activations that the chip does not support, but that ReLU may replace."""
REWRITES: dict[str, tuple[str, ...]] = {
    "maxpool": ("downsample", "avgpool"),
    "globalmaxpool": ("avgpool",),
    "avgpool": ("zeros",),
    **dict.fromkeys(ACTIVATIONS, ("relu",)),
}
"""The replacements that a user may choose.

By default, an average pool divides by the number of values inside the image. With
``zeros``, it divides by the size of the window, so padded zeros count as values.
"""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The options of ``snnc import``.

    Attributes
    ----------
    name :
        The network's name; None to use the model's name.
    rewrites :
        Pairs from `REWRITES`.
    encode :
        ``first``: the first convolution runs on the host and produces the spikes.
        ``rate``: values become rates, and all layers run on the chip.
    values :
        The range of the input; None to guess it.
    readout :
        ``units`` or ``classes``; None to choose by the loss.
    chips :
        The number of chips in the spec; None to omit it, which means one.
    device :
        The device for the spec's costs; None for Loihi 1.
    shape :
        The input's shape in Keras without the batch, if the model leaves sizes open;
        None to use the model's shape.
    """

    name: str | None = None
    rewrites: tuple[tuple[str, str], ...] = ()
    encode: Literal["first", "rate"] = "first"
    values: Range | None = None
    readout: Literal["units", "classes"] | None = None
    chips: int | None = None
    device: Profile | None = None
    shape: tuple[int, ...] | None = None

    def rewrite(self, what: str) -> str | None:
        """Return the replacement for a layer or option, or None."""
        return dict(self.rewrites).get(what)


def parse_rewrites(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Parse rewrites such as ``maxpool=avgpool``.

    Raises
    ------
    ValueError
        If a rewrite is not in `REWRITES`, or two rewrites replace the same layer.
    """
    rewrites: dict[str, str] = {}
    for text in texts:
        what, _, by = text.partition("=")
        if by not in REWRITES.get(what, ()):
            known = ", ".join(f"{w}={'|'.join(bys)}" for w, bys in REWRITES.items())
            raise ValueError(f"{text} is not a rewrite; the rewrites are {known}")
        if rewrites.setdefault(what, by) != by:
            raise ValueError(
                f"{what}={rewrites[what]} and {what}={by}: choose one of them"
            )
    return tuple(rewrites.items())


def parse_range(text: str) -> Range:
    """Parse ``0..255``.

    Raises
    ------
    ValueError
        If ``text`` is not a range.
    """
    low, dots, high = text.partition("..")
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = (0.0, 0.0)
    if not dots or not float("-inf") < bounds[0] < bounds[1] < float("inf"):
        raise ValueError(f"{text} is not a range; write a range such as 0..255")
    return bounds


def parse_shape(text: str) -> tuple[int, ...]:
    """Parse ``224x224x3``.

    Raises
    ------
    ValueError
        If ``text`` is not a shape.
    """
    sizes = text.split("x")
    if not all(size.isdecimal() and 0 < len(size) < 10 for size in sizes) or any(
        int(size) == 0 for size in sizes
    ):
        raise ValueError(f"{text} is not a shape; write a shape such as 224x224x3")
    return tuple(map(int, sizes))
