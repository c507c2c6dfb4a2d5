"""What the user asks of an import."""

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
"""Hidden activations that no neuron of the chip has, but that ReLU may stand for."""
REWRITES: dict[str, tuple[str, ...]] = {
    "maxpool": ("downsample", "avgpool"),
    "globalmaxpool": ("avgpool",),
    "avgpool": ("zeros",),
    **dict.fromkeys(ACTIVATIONS, ("relu",)),
}
"""What may stand for what, if the user says so.

An average pool of padded windows divides by how many values it sees; with ``zeros`` it
divides by its taps, as if the zeros beside an edge were values.
"""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The options of ``snnc import``.

    Attributes
    ----------
    name :
        Of the network; None for the model's.
    rewrites :
        Pairs of `REWRITES`.
    encode :
        ``first``: the first convolution runs on the host and makes the spikes;
        ``rate``: values become rates, and all layers run on the chip.
    values :
        The range of the input; None to guess it.
    readout :
        What the readout has: ``units`` or ``classes``; None to take it from the loss.
    chips :
        How many chips the spec is for; None to say nothing, which is one.
    device :
        What the spec is costed for; None for Loihi 1.
    shape :
        That of the input as Keras has it, without the batch, where the model leaves
        sizes open; None to take the model's.
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
        """Return what is to stand for something, or None."""
        return dict(self.rewrites).get(what)


def parse_rewrites(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read several rewrites.

    Raises
    ------
    ValueError
        If one is none of `REWRITES`, or two are for the same.
    """
    rewrites: dict[str, str] = {}
    for what, by in map(parse_rewrite, texts):
        if rewrites.get(what, by) != by:
            raise ValueError(
                f"{what}={rewrites[what]} and {what}={by}: one of them may stand for it"
            )
        rewrites[what] = by
    return tuple(rewrites.items())


def parse_rewrite(text: str) -> tuple[str, str]:
    """Read ``maxpool=avgpool``.

    Raises
    ------
    ValueError
        If it is none of `REWRITES`; says which there are.
    """
    what, _, by = text.partition("=")
    if by in REWRITES.get(what, ()):
        return what, by
    known = ", ".join(f"{w}={'|'.join(bys)}" for w, bys in REWRITES.items())
    raise ValueError(f"{text} is no rewrite; there are {known}")


def parse_range(text: str) -> Range:
    """Read ``0..255``.

    Raises
    ------
    ValueError
        If it is no range.
    """
    low, dots, high = text.partition("..")
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = (0.0, 0.0)
    if not dots or not float("-inf") < bounds[0] < bounds[1] < float("inf"):
        raise ValueError(f"{text} is no range; write one such as 0..255")
    return bounds


def parse_shape(text: str) -> tuple[int, ...]:
    """Read ``224x224x3``.

    Raises
    ------
    ValueError
        If it is no shape.
    """
    sizes = text.split("x")
    if not all(size.isdecimal() and 0 < len(size) < 10 for size in sizes) or any(
        int(size) == 0 for size in sizes
    ):
        raise ValueError(f"{text} is no shape; write one such as 224x224x3")
    return tuple(map(int, sizes))
