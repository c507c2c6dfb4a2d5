"""Data that an import starts from: models, weights and the user's options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from snnc.importer.functions import FUNCTIONS
from snnc.ir.device import Profile
from snnc.language.readers import LONGEST_NAME, why_no_package

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """A layer as its configuration describes it.

    Attributes
    ----------
    name, kind :
        A unique name, and the Keras class, such as ``Conv2D``. The name of a submodel
        precedes those of its layers: ``block/conv``.
    options :
        Its configuration as Keras writes it, with Keras 2 names where Keras 3 differs
        (``batch_input_shape``, plain dtype names).
    reads :
        The layers whose outputs it takes, in order.
    shares :
        The layer whose weights this call shares; empty for the first call of a layer.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    reads: tuple[str, ...]
    shares: str = ""

    @property
    def rank(self) -> int:
        """The number of axes of a class such as ``Conv2D``; 0 for other classes."""
        plain = self.kind.removesuffix("Transpose")
        return int(plain[-2]) if plain.endswith("D") else 0

    @property
    def is_channels_first(self) -> bool:
        return bool(self.options.get("data_format") == "channels_first")


@dataclass(frozen=True, slots=True)
class Compiled:
    """The arguments of ``compile`` in the model's file, by their Keras names."""

    loss: Any
    optimizer: Any


@dataclass(frozen=True, slots=True)
class KerasModel:
    """A flat model, in which submodels are replaced by their layers.

    Attributes
    ----------
    keras :
        The version of Keras that wrote it; None if the file does not say.
    layers :
        All layers, each after its sources; an input is an ``InputLayer``.
    tool :
        The tool that made the model, and whose conventions its outputs follow.
    notes :
        Sentences about how the model's files were read.
    has_old_weights :
        Whether the file contains weights that are not read, because Keras 1, or Keras
        with Theano, wrote it.
    """

    name: str
    keras: str | None
    layers: tuple[KerasLayer, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    compiled: Compiled | None
    tool: str = "Keras"
    notes: tuple[str, ...] = ()
    has_old_weights: bool = False


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """An output of a layer of the same graph, numbered from 0.

    ``node`` is the index of the layer's call. For submodels, it starts at 0 or 1,
    depending on the version of Keras.
    """

    layer: str
    index: int
    node: int = 0


Call = tuple[tuple[LayerOutput, ...], Mapping[str, Any]]
"""The tensors that a call of a layer reads, in order, and its other arguments.

The keys are keywords, or the indices of positional arguments as text. Arguments that
are None are omitted.
"""


@dataclass(frozen=True, slots=True)
class NestedLayer:
    """A layer or a submodel in a graph; ``inside`` is the graph of a submodel."""

    name: str
    kind: str
    options: Mapping[str, Any]
    calls: tuple[Call, ...]
    inside: Graph | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A Sequential or functional model, in the order of the configuration.

    ``inputs`` are the names of the ``InputLayer`` parts; a Sequential has one.
    """

    name: str
    parts: tuple[NestedLayer, ...]
    inputs: tuple[str, ...]
    outputs: tuple[LayerOutput, ...]


class ModelWeights(Protocol):
    """The weights of a model."""

    def of(self, layer: str) -> Arrays:
        """Return the arrays of a layer, by Keras's names and in Keras's order.

        For example ``kernel`` and ``bias`` for a ``Conv2D``; empty for a layer without
        weights. The arrays of a wrapper have the names of the wrapped layer's arrays.
        If two names would be equal, the path inside the layer precedes the name.

        Raise RefusedModelError if the file is damaged or not safe to read, or if it is
        unclear which weights belong to the layer.
        """


Range = tuple[float, float]

REWRITES: dict[str, tuple[str, ...]] = {
    "maxpool": ("downsample", "avgpool"),
    "globalmaxpool": ("avgpool",),
    "avgpool": ("zeros",),
    **{name: ("relu",) for name in FUNCTIONS if name != "relu"},
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
    values, shape :
        The range of the input, or None to guess it, and its shape in Keras without the
        batch, if the model leaves sizes open.
    readout :
        ``units`` or ``classes``; None to choose by the loss.
    chips, device :
        None for the fewest chips that suffice, and for Loihi 1.
    weights :
        The file with the weights, if the model's file lacks them.
    """

    name: str | None = None
    rewrites: tuple[tuple[str, str], ...] = ()
    encode: Literal["first", "rate"] = "first"
    values: Range | None = None
    readout: Literal["units", "classes"] | None = None
    chips: int | None = None
    device: Profile | None = None
    shape: tuple[int, ...] | None = None
    weights: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a name that a network can't have."""
        name = self.name
        if name is not None and (why := why_no_package(name)):
            raise ValueError(
                f"the network can't be named `{name}`: {why}; use, for example, "
                f"`{network_name(name)}`"
            )

    def rewrite(self, what: str) -> str | None:
        """Return the replacement for a layer or option, or None."""
        return dict(self.rewrites).get(what)


def network_name(name: str) -> str:
    """Return a valid name for a network."""
    plain = plain_name(name, "net")
    return f"{plain[: LONGEST_NAME - 4]}_net" if why_no_package(plain) else plain


def plain_name(name: str, prefix: str) -> str:
    """Replace invalid characters; the result may still be a reserved word.

    If it would not begin with a letter, add the prefix.
    """
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:LONGEST_NAME]
    return text if text[:1].isalpha() else f"{prefix}_{text}".strip("_")[:LONGEST_NAME]


def parse_rewrites(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Parse rewrites such as ``maxpool=avgpool``.

    Raise ValueError if a rewrite is not in `REWRITES`, or two rewrites replace the same
    layer.
    """
    rewrites: dict[str, str] = {}
    for text in texts:
        what, _, by = text.partition("=")
        if by not in REWRITES.get(what, ()):
            known = ", ".join(f"{w}={'|'.join(bys)}" for w, bys in REWRITES.items())
            once = "write `--rewrite` once for each"
            raise ValueError(f"{text} is not a rewrite; {once}: {known}")
        if rewrites.setdefault(what, by) != by:
            raise ValueError(
                f"{what}={rewrites[what]} and {what}={by}: choose one of them"
            )
    return tuple(rewrites.items())


def parse_range(text: str) -> Range:
    """Parse ``0..255``; raise ValueError for other texts."""
    low, dots, high = text.partition("..")
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = (0.0, 0.0)
    if not dots or not float("-inf") < bounds[0] < bounds[1] < float("inf"):
        raise ValueError(f"{text} is not a range; write a range such as 0..255")
    return bounds


def parse_shape(text: str) -> tuple[int, ...]:
    """Parse ``224x224x3``; raise ValueError for other texts."""
    sizes = text.split("x")
    if not all(size.isdecimal() and len(size) < 10 and int(size) for size in sizes):
        raise ValueError(f"{text} is not a shape; write a shape such as 224x224x3")
    return tuple(map(int, sizes))


def config_of(value: Any) -> Mapping[str, Any]:
    """Return the options of an object in a configuration; empty if it has none."""
    config = value.get("config") if isinstance(value, Mapping) else None
    return config if isinstance(config, Mapping) else {}


def reachable(
    starts: Iterable[str], sources_of: Callable[[str], Iterable[str]]
) -> set[str]:
    """Return names and their direct and indirect sources."""
    reached: set[str] = set()
    due = list(starts)
    while due:
        name = due.pop()
        if name not in reached:
            reached.add(name)
            due += sources_of(name)
    return reached
