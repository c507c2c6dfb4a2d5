"""The statements of a spec in the making, and what Keras's layers are of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]
Kind = Literal["conv", "downsample", "dense", "avgpool", "add", "concat", "readout"]
Form = Literal["kernel", "depthwise", "separable", "average", "identity", "two classes"]
INPUT = ""
"""The key of what encodes the input."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A 1x1 convolution, or a matrix, of a shortcut, and the batch norms after it."""

    layer: str
    batchnorms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement of the spec, and the Keras layers that it is made of.

    Attributes
    ----------
    layer :
        The Keras layer that it begins with; its key.
    sources :
        Keys of what it reads.
    read :
        The shape that it reads, with spatial axes even where Keras has flattened it.
    shape :
        That of its output, without the batch.
    form :
        How its kernel is made of Keras's weights.
    kernel, stride, padding, dilation, groups :
        As the spec has them; of an `avgpool` the window.
    inner :
        Keras's own kernel size, and ``offset`` where it lies in ``kernel``.
    active :
        Whether its neurons have been found.
    affine :
        Batch norms, or normalizations, of what it reads.
    batchnorms :
        Those between its kernel and its neurons.
    rewritten :
        What it stands for, told above it in the spec.
    properties :
        Of its neurons, as the spec has them, such as ``synapse 5 ms``.
    """

    layer: str
    kind: Kind
    sources: tuple[str, ...]
    read: Shape
    shape: Shape
    form: Form = "kernel"
    kernel: Shape = ()
    stride: Shape = ()
    padding: Literal["valid", "same"] = "valid"
    dilation: Shape = ()
    groups: int = 1
    inner: Shape = ()
    offset: Shape = ()
    bias: bool = True
    active: bool = False
    affine: tuple[str, ...] = ()
    batchnorms: tuple[str, ...] = ()
    shortcut: str | None = None
    projection: Projection | None = None
    dropout: float = 0.0
    l2: float = 0.0
    is_global: bool = False
    rewritten: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    @property
    def extent(self) -> Shape:
        """How many places the kernel covers along each axis."""
        if not self.dilation:
            return self.kernel
        pairs = zip(self.kernel, self.dilation, strict=True)
        return tuple((taps - 1) * step + 1 for taps, step in pairs)

    @property
    def is_depthwise(self) -> bool:
        """Whether the spec has it as a layer of each channel by itself."""
        return self.form == "depthwise" and self.groups > 1


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a Keras layer.

    Attributes
    ----------
    source :
        The key of the draft that gives it.
    neurons :
        The key of the draft whose neurons it comes from; None for several, or the
        input.
    shape :
        Without the batch, spatial axes kept where Keras has flattened them.
    stage :
        ``input``: values; ``linear``: before neurons; ``spikes``: behind them.
    flat :
        Whether Keras has flattened it.
    affine :
        Batch norms behind the neurons, which go into its readers' kernels.
    zeros :
        Zeros before and behind each spatial axis, which go into its reader.
    pooled :
        Whether an average was taken since the linear layer.
    broken :
        Whether it can't be known, for something before it was refused.
    """

    source: str = INPUT
    neurons: str | None = None
    shape: Shape = ()
    stage: Literal["input", "linear", "spikes"] = "spikes"
    flat: bool = False
    affine: tuple[str, ...] = ()
    zeros: tuple[tuple[int, int], ...] = ()
    pooled: bool = False
    broken: bool = False


BROKEN = Value(broken=True)
