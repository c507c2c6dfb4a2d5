"""Convert or refuse each Keras layer, with one family of layers per module.

A reader gets a layer and its inputs, and returns the layer's output. Its statements and
decisions are collected by the layer's builder, and `read_layer` returns them together.
Each module registers the readers of its classes here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from snnc.importer.builder import CurrentLayer, SpecBuilder
from snnc.importer.decisions import RefusedLayerError
from snnc.importer.graph import FOREIGN
from snnc.importer.linear import Shape, all_known
from snnc.importer.model import KerasLayer, reachable
from snnc.importer.refusals import malformed
from snnc.importer.values import BROKEN, Value
from snnc.rules.imports import CustomObject

_BEGIN = "snnc uses its own initial values"
_CONSTRAINT = "not kept: specs have no constraints"
_NORM_PENALTY = "not kept: specs have no penalty on batch norm"
_CONSTRAINED = ("bias", "beta", "depthwise", "gamma", "kernel", "pointwise")
_INITIALIZED = (*_CONSTRAINED, "moving_mean", "moving_variance")
TRAINING = {
    **{f"{weight}_initializer": _BEGIN for weight in _INITIALIZED},
    **{f"{weight}_constraint": _CONSTRAINT for weight in _CONSTRAINED},
    "activity_regularizer": "not kept: specs do not support this penalty",
    "beta_regularizer": _NORM_PENALTY,
    "bias_regularizer": "not kept: specs have no penalty on biases",
    "gamma_regularizer": _NORM_PENALTY,
    "momentum": "snnc uses its own value",
    "noise_shape": "snnc drops single neurons",
    "seed": "a spec uses `train { seed }`",
}
"""Options that only training uses, and how snnc treats each of them."""
REQUIRED = ("filters", "kernel_size", "units")
"""Options that a layer of a class with such an option must have."""
LARGEST = 2**31
"""The limit on sizes and margins, as on the input (`graph.LARGEST_INPUT`)."""


ReadLayer = TypeVar("ReadLayer", bound=Callable[..., Value])


@dataclass(frozen=True, slots=True)
class LayerReader:
    """The reader of a Keras class.

    ``read`` takes the layer and its first input or, with ``joins``, all inputs. With
    ``reads_broken``, it is also called if an input is unknown. The spec keeps the
    options in ``keeps``. If these are None, no decisions on options are recorded.
    """

    read: Callable[..., Value]
    keeps: tuple[str, ...] | None = None
    joins: bool = False
    reads_broken: bool = False

    def __call__(self, layer: CurrentLayer) -> Value:
        """Return the output of a layer."""
        if self.keeps is not None:
            tell_options(layer, *self.keeps)
        names = layer.reads if self.joins else layer.reads[:1]
        values = [layer.spec.values[name] for name in names]
        is_broken = any(value.broken for value in values)
        if is_broken and not self.reads_broken:
            return BROKEN
        return self.read(layer, *values)


READERS: dict[str, LayerReader] = {}
"""Readers by Keras class; `REFUSED` lists the layers that the chip can't run."""


def reads(kinds: Sequence[str], **facts: Any) -> Callable[[ReadLayer], ReadLayer]:
    """Register a function as the reader of classes; see `LayerReader` for the facts."""

    def register(read: ReadLayer) -> ReadLayer:
        READERS.update(dict.fromkeys(kinds, LayerReader(read, **facts)))
        return read

    return register


def each_rank(name: str) -> tuple[str, ...]:
    """Return the classes of a name: ``Conv1D``, ``Conv2D`` and so on for ``Conv``."""
    return tuple(f"{name}{rank}D" for rank in (1, 2, 3))


def shown(value: Any) -> str:
    """Return a Keras value in short form."""
    if value is None or isinstance(value, bool):
        return {True: "on", False: "off", None: "none"}[value]
    if isinstance(value, list) and {type(item) for item in value} == {int}:
        return "x".join(map(str, value))
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def tell_options(layer: CurrentLayer, *keeps: str) -> None:
    """Record decisions on a layer's options; the spec keeps the ones in ``keeps``."""
    for option, value in layer.options.items():
        shown_option = f"{option} {shown(value)}"
        if option in keeps:
            if not _is_usual(option, value):
                layer.keep(option=shown_option)
        elif option == "trainable":
            if value is False:
                layer.train("`train.py` trains every layer", shown_option)
        elif option in TRAINING and value is not None:
            layer.train(TRAINING[option], shown_option)


def _is_usual(option: str, value: Any) -> bool:
    """Whether an option has a default value, which the spec does not mention."""
    if option == "dilation_rate":
        return {*listed(value)} == {1}
    return option == "data_format" and value != "channels_first"


def numbers(value: Any) -> tuple[float, ...]:
    """Return a value as a list of numbers; empty if it is not numeric."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    values = listed(value)
    return tuple(map(float, values)) if all(map(_is_number, values)) else ()


def listed(value: Any, count: int = 1) -> list[Any]:
    """Return an option that is a list, or a list that repeats another value."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def dims(layer: KerasLayer, option: str, default: int = 1) -> Shape:
    """Return one whole number per spatial axis, from a number or a list."""
    return tuple(map(int, listed(layer.options.get(option, default), layer.rank)))


def fits(kind: str, rank: int, option: str, value: Any) -> bool:
    """Whether Keras may write a value for an option of a class."""
    if kind.startswith(("ZeroPadding", "Cropping")) and option in MARGINS:
        return margins_of(value, rank) is not None
    is_valid = _CHECKS.get(option)
    if is_valid is None:
        return True
    if value is None:
        # Keras moves a pool without strides by the size of its window.
        has_default = option == "strides" and "Pooling" in kind
        return has_default or option in _OPTIONAL
    if option in _OF_AXES:
        values = listed(value, rank)
        return len(values) == rank and all(map(is_valid, values))
    return all(map(is_valid, listed(value) if option in _LISTS else [value]))


MARGINS = ("padding", "cropping")


def margins_of(value: Any, rank: int) -> list[tuple[int, int]] | None:
    """Return a padding or cropping before and after each axis; None if it is wrong."""
    values = listed(value, rank)
    if rank == 1 and len(values) == 2:
        values = [values]
    pairs = all_known(map(_margin_of, values))
    return pairs if pairs is not None and len(pairs) == rank else None


def _margin_of(value: Any) -> tuple[int, int] | None:
    margins = listed(value, 2)
    if len(margins) != 2 or not all(map(_is_pad, margins)):
        return None
    return margins[0], margins[1]


def _is_pad(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_size(value: Any) -> bool:
    return _is_pad(value) and value > 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_OF_AXES = (
    "dilation_rate", "kernel_size", "output_padding", "pool_size", "size", "strides",
)  # fmt: skip
"""Options with a number for all axes, or one per axis."""
_LISTS = ("axis", "target_shape", "newshape")
"""Options that may be lists."""
_OPTIONAL = (
    *_LISTS, "data_format", "keepdims", "output_padding", "padding", "rate", "use_bias",
)  # fmt: skip
"""Options that may be None."""
_CHECKS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("depth_multiplier", "filters", "groups", "units"), _is_size),
    **dict.fromkeys(_OF_AXES, _is_size),
    **dict.fromkeys(_LISTS, _is_whole),
    "output_padding": _is_pad,
    "epsilon": _is_number,
    "rate": _is_share,
    **dict.fromkeys(("data_format", "padding"), _is_text),
    **dict.fromkeys(("keepdims", "use_bias"), _is_flag),
}
"""Whether Keras may write a number, or another value, for an option of a class."""


_PRODUCT = "a product of two rates is not a sum of spikes"
_COMPARISON = (
    "specs have no statement that compares layers",
    "use `Add`, or `Concatenate` and a convolution of kernel 1, and retrain",
)
_REFUSED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "the chip's neurons keep no state that is trained through time",
        "train another model: bin time along the depth or length of the input, and use "
        "`Conv3D` or `Conv1D` over this axis",
        (
            "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "Bidirectional",
            "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "RNN",
        ),
    ),
    (
        _PRODUCT,
        "train another model, with convolutions whose strides cover the same distance",
        ("Attention", "AdditiveAttention", "MultiHeadAttention"),
    ),
    (
        "its statistics change with every example, and the chip can't divide",
        "use `BatchNormalization`, which is folded into kernels, and retrain",
        (
            "LayerNormalization", "GroupNormalization", "UnitNormalization",
            "SpectralNormalization",
        ),
    ),
    (
        "specs can enlarge only images with two axes by a kernel",
        "use `UpSampling` and a convolution, or fewer strides before it, and retrain",
        ("Conv1DTranspose", "Conv3DTranspose"),
    ),
    (
        "a separate kernel for every position fills the chip",
        "train another model, with a convolution, or a `Dense` over few pixels",
        ("LocallyConnected1D", "LocallyConnected2D"),
    ),
    (
        "a spec can only scale its input",
        "build the layers without it",
        (
            "RandomCrop", "Discretization", "CategoryEncoding", "Hashing",
            "StringLookup", "IntegerLookup", "TextVectorization",
        ),
    ),
)  # fmt: skip
REFUSED: dict[str, tuple[str, str]] = {
    **{kind: (why, remedy) for why, remedy, kinds in _REFUSED for kind in kinds},
    "Multiply": (
        _PRODUCT,
        "use `Concatenate` and a convolution of kernel 1, and retrain; leave out gates "
        "of another shape, such as those of squeeze-and-excitation",
    ),
    "Dot": (_PRODUCT, "use `Concatenate` and a dense layer, and retrain"),
    **dict.fromkeys(("Maximum", "Minimum"), _COMPARISON),
    "RepeatVector": (
        "the chip uses the same kernel at all positions",
        "use a larger `Dense` and a `Reshape` to length x 1 x channels",
    ),
    "TimeDistributed": (
        "specs have no wrapper for time",
        "use layers with one more axis, of size 1 along time: `Conv3D` for `Conv2D`, "
        "and a pool over the whole image for `Flatten` or a global pool",
    ),
    "Masking": ("spikes have no mask", "cut examples to one length, or pad with 0"),
    "EinsumDense": ("specs have `dense`", "use `Dense`, or a convolution of kernel 1"),
}
"""Why the chip can't run a class, and what to do instead."""
UNKNOWN = (
    "specs have no such layer",
    "end the model before this layer, or replace it with a layer that "
    "`docs/from-keras.md` lists",
)
MAY_PREPROCESS = (UNKNOWN[1], REFUSED["Hashing"][1])
"""Advice for layers that the host can compute if no trained layer precedes them."""
ONE_ORDER = (
    "give all layers the same `data_format`, and build them without `Permute` and "
    "`Reshape` in between"
)
"""How to give a layer the axes that it needs."""
EACH_PLACE = ("Dense", "Activation", "ReLU", "LeakyReLU", "Dropout")
"""Layers that `TimeDistributed` does not change: they do not mix positions."""
NUMERIC = ("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average")
"""Layers of several values whose names Keras 3 also uses for operations on a number."""


def read_layer(spec: SpecBuilder, name: str) -> None:
    """Add the output of a layer, its statements, and decisions on it.

    Raise RefusedModelError with SNN811 if an option has a value that Keras does not
    write.
    """
    spec.values[name] = _read(spec.layer(name))


def _read(layer: CurrentLayer) -> Value:
    """Return the output of a layer, and add the rest to its builder."""
    is_operation = layer.kind in NUMERIC and len(layer.reads) == 1
    reader = READERS.get("TFOpLambda" if is_operation else layer.kind)
    try:
        if reader is None or FOREIGN in layer.options:
            return _read_unknown(layer)
        _check_options(layer, reader)
        return reader(layer)
    except RefusedLayerError as error:
        return layer.refuse(error, ONE_ORDER)


def _check_options(layer: KerasLayer, reader: LayerReader) -> None:
    """Refuse options and numbers of inputs that Keras does not write."""
    for option in reader.keeps or ():
        if option in REQUIRED and layer.options.get(option) is None:
            raise malformed(f"`{layer.name}`", f"it has no {option}")
    for option, value in layer.options.items():
        if not fits(layer.kind, layer.rank, option, value):
            raise malformed(f"`{layer.name}`", f"its {option} is {value!r}"[:80])
    most = len(layer.reads) if reader.joins else 1
    if layer.kind == "Subtract":
        most = 2
    if len(layer.reads) > most:
        raise malformed(f"`{layer.name}`", f"it reads {len(layer.reads)} layers")


def _read_unknown(layer: CurrentLayer) -> Value:
    """Refuse a custom class, whose code is not in the file, or one without a reader."""
    inner = layer.options.get("layer")
    if FOREIGN in layer.options:
        raise RefusedLayerError(
            f"`{layer.kind}` is a custom class, and its code is not in the file",
            "replace it with a standard Keras layer, and save the model again",
            rule=CustomObject,
        )
    if isinstance(inner, Mapping) and inner.get("class_name") in EACH_PLACE:
        options = inner.get("config") or {}
        return _read(replace(layer, kind=inner["class_name"], options=options))
    why, remedy = REFUSED.get(layer.kind, UNKNOWN)
    if remedy in MAY_PREPROCESS and _reads_data(layer):
        remedy = f"preprocess the data instead, or {remedy}"
    raise RefusedLayerError(why, remedy)


def _reads_data(layer: CurrentLayer) -> bool:
    """Whether no layer with weights precedes a layer."""
    layers = layer.context.layers
    before = reachable(layer.reads, lambda name: layers[name].reads)
    return not any(is_trained(layers[name]) for name in before)


def is_trained(layer: KerasLayer) -> bool:
    """Whether a layer has a kernel."""
    return any(option in layer.options for option in REQUIRED)
