"""Read the class, name, options and variables of a serialised layer.

Keras 3 writes objects as ``{"module", "class_name", "config", "registered_name"}``
(`keras.saving.serialize_keras_object`), and Keras 2 as ``{"class_name", "config"}``.
Options get the names that Keras 2 uses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from snnc.importer.model import RefusedModelError, refused
from snnc.rules.imports import (
    MalformedLayer,
    NotFiniteOption,
    SameLayerName,
    UnknownDtype,
)

OWN_ROOTS = {"keras", "tf_keras", "tensorflow"}
DTYPES = {
    "bfloat16", "bool", "float16", "float32", "float64", "int8", "int16", "int32",
    "int64", "mixed_bfloat16", "mixed_float16", "string", "uint8", "uint16", "uint32",
    "uint64",
}  # fmt: skip
LARGEST_INPUT = 2**31
"""The limit on the elements of an example; HDF5 and old NumPy have this limit."""

_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}  # Keras 3: Keras 2
_INERT = "Lambda"  # snnc never reads its marshalled code.


FOREIGN = "custom>"
"""A prefix for names of custom objects, which the conversion judges later."""


def head(entry: Any, layer: str) -> tuple[str, Any]:
    """Return the class and the configuration of a serialised layer."""
    kind = entry.get("class_name") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not kind:
        raise malformed(layer, "it has no class_name")
    config = entry.get("config")
    listed = isinstance(config, list) and kind == "Sequential"
    if not isinstance(config, dict) and not listed:
        raise malformed(layer, "it has no config")
    return kind, config


def names_of(entries: list[Any]) -> list[str]:
    """Return the names of layers; unnamed layers get names as in Keras."""
    names: list[str] = []
    used: Counter[str] = Counter()
    for number, entry in enumerate(entries):
        kind, config = head(entry, f"layer {number}")
        own = entry.get("name")
        if own is None and isinstance(config, dict):
            own = config.get("name")
        if own is None:
            own = snake(kind)
            used[own] += 1
            own = own if used[own] == 1 else f"{own}_{used[own] - 1}"
        if not isinstance(own, str) or not own:
            raise malformed(f"layer {number}", "its name is not a text")
        names.append(own)
    refuse_repeats(names)
    return names


def refuse_repeats(names: list[str]) -> None:
    """Refuse two layers with the same name."""
    for name, count in Counter(names).items():
        if count > 1:
            raise refused(SameLayerName, layer=name)


def snake(kind: str) -> str:
    """Return Keras's name for a class (``to_snake_case``)."""
    name = re.sub(r"\W+", "", kind)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def rank_of(kind: str) -> int:
    """Return the number of axes of a class such as ``Conv2D``; 0 for other classes."""
    plain = kind.removesuffix("Transpose")
    return int(plain[-2]) if plain.endswith("D") else 0


def malformed(layer: str, reason: str) -> RefusedModelError:
    """Refuse a configuration that Keras does not write."""
    return refused(MalformedLayer, layer=layer, reason=reason)


def is_custom(entry: Mapping[str, Any]) -> bool:
    """Whether the class of a serialised object is not from Keras."""
    kind, module = entry.get("class_name"), entry.get("module")
    registered = str(entry.get("registered_name") or "")
    if ">" in f"{kind}{registered}":
        return True
    return module is not None and str(module).split(".")[0] not in OWN_ROOTS


def read_options(kind: str, config: Mapping[str, Any], layer: str) -> dict[str, Any]:
    """Return a layer's configuration as Keras 2 would write it.

    Raises
    ------
    RefusedModelError
        If the configuration has an unknown dtype, an impossible input shape or a
        number that is not finite.
    """
    renamed = {"batch_shape": "batch_input_shape", **_RENAMED.get(kind, {})}
    options: dict[str, Any] = {}
    for key, value in config.items():
        plain = value if kind == _INERT else _plain(value, key, layer)
        options[renamed.get(key, key)] = plain
    dtype = options.get("dtype")
    if dtype is not None and not (isinstance(dtype, str) and dtype in DTYPES):
        name = dtype.get("class_name") if isinstance(dtype, dict) else dtype
        raise refused(UnknownDtype, layer=layer, dtype=str(name))
    if "batch_input_shape" in options:
        check_shape(options["batch_input_shape"], layer)
    return options


def plain(value: Any) -> Any:
    """Return a value of a training configuration in the Keras 2 format."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: plain(item) for key, item in value.items()}
    kind, config = value["class_name"], value.get("config")
    if kind == "function" and isinstance(config, str):
        return config
    # Keras 2.9 to 2.12 registers its own new optimizers as custom objects.
    name = kind.removeprefix("Custom>") if isinstance(kind, str) else kind
    return {"class_name": name, "config": plain(config)}


def _plain(value: Any, option: str, layer: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise refused(NotFiniteOption, option=option, layer=f"`{layer}`", value=value)
    if isinstance(value, list):
        return [_plain(item, option, layer) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _plain(item, option, layer) for key, item in value.items()}
    kind, config = value["class_name"], value.get("config")
    if is_custom(value):
        name = str(config if isinstance(config, str) else kind)
        return {"class_name": f"{FOREIGN}{name}", "config": {}}
    if kind == "function" and isinstance(config, str):
        return config
    if isinstance(config, dict) and kind != _INERT:
        config = {key: _plain(item, key, layer) for key, item in config.items()}
    return {"class_name": kind, "config": config}


def check_shape(shape: Any, layer: str) -> None:
    """Refuse an input shape that no array of examples can have.

    The batch is the first dimension; None is an open dimension.
    """
    is_list = isinstance(shape, list) and all(
        size is None or (type(size) is int and size > 0) for size in shape
    )
    if not is_list:
        reason = "its input shape is not a list of positive whole numbers"
        raise malformed(f"`{layer}`", reason)
    if math.prod(size or 1 for size in shape[1:]) >= LARGEST_INPUT:
        raise malformed(f"`{layer}`", "an example has more than 2^31 elements")


_NORM = ("gamma", "beta")
_BATCH_NORM = (*_NORM, "moving_mean", "moving_variance")
_KERNELS = (
    "Dense", "EinsumDense", *(f"Conv{rank}D" for rank in (1, 2, 3)),
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
)  # fmt: skip
_DEPTHWISE = ("depthwise_kernel", "bias")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_RECURRENT = ("kernel", "recurrent_kernel", "bias")

NAMES = {
    **dict.fromkeys(("BatchNormalization", "SyncBatchNormalization"), _BATCH_NORM),
    **dict.fromkeys(_KERNELS, ("kernel", "bias")),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _DEPTHWISE),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _SEPARABLE),
    **dict.fromkeys(("GRU", "LSTM", "SimpleRNN"), _RECURRENT),
    **dict.fromkeys(("GroupNormalization", "LayerNormalization"), _NORM),
    "Embedding": ("embeddings",),
    "Normalization": ("mean", "variance", "count"),
    "PReLU": ("alpha",),
}

_SWITCHES = {"bias": "use_bias", "beta": "center", "gamma": "scale"}


def variable_names(kind: str, options: Mapping[str, Any], count: int) -> Sequence[str]:
    """Return the names of a layer's ``count`` variables, in Keras's order.

    If the class is unknown or has a different number of variables, the names are
    numbers from 0, as in the file.
    """
    names = [
        name
        for name in NAMES.get(kind, ())
        if options.get(_SWITCHES.get(name, ""), True)
    ]
    if len(names) == count or (kind == "Normalization" and 0 < count < len(names)):
        return names[:count]
    return [str(number) for number in range(count)]
