"""The options that many layers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snnc.importer.linear import Shape
from snnc.importer.model import Layer
from snnc.importer.walk import Walk

TRAINING = {
    "activity_regularizer": "a penalty that specs have not; it is not kept",
    "bias_constraint": "specs have no constraints; it is not kept",
    "bias_initializer": "snnc begins with its own values",
    "bias_regularizer": "specs have no penalty on biases; it is not kept",
    "beta_constraint": "specs have no constraints; it is not kept",
    "beta_initializer": "snnc begins with its own values",
    "beta_regularizer": "specs have no penalty on batch norm; it is not kept",
    "depthwise_constraint": "specs have no constraints; it is not kept",
    "depthwise_initializer": "snnc begins with its own values",
    "gamma_constraint": "specs have no constraints; it is not kept",
    "gamma_initializer": "snnc begins with its own values",
    "gamma_regularizer": "specs have no penalty on batch norm; it is not kept",
    "kernel_constraint": "specs have no constraints; it is not kept",
    "kernel_initializer": "snnc begins with its own values",
    "momentum": "snnc has its own",
    "moving_mean_initializer": "snnc begins with its own values",
    "moving_variance_initializer": "snnc begins with its own values",
    "noise_shape": "snnc drops single neurons",
    "pointwise_constraint": "specs have no constraints; it is not kept",
    "pointwise_initializer": "snnc begins with its own values",
    "seed": "`train { seed }` is the one of a spec",
}
"""Options that only matter to training, and what becomes of them."""
PENALTIES = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")


def shown(value: Any) -> str:
    """Return a value of Keras in few words."""
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        return "x".join(map(str, value))
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "none"}[value]
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def tell_options(layer: Layer, walk: Walk, *kept: str) -> None:
    """Note what becomes of a layer's options; ``kept`` are those the spec has."""
    for option, value in layer.options.items():
        told = f"{option} {shown(value)}"
        if option in kept:
            walk.keep(layer, option=told)
        elif option == "trainable":
            if value is False:
                walk.train(layer, "`train.py` trains every layer", told)
        elif option in TRAINING and value is not None:
            walk.train(layer, TRAINING[option], told)
    if "float16" in str(layer.options.get("dtype")):
        walk.train(layer, "specs are float32", f"dtype {layer.options['dtype']}")


def take_l2(layer: Layer, walk: Walk) -> float:
    """Return a kernel's L2 factor, and note what other penalties there are."""
    found = 0.0
    kept = PENALTIES[layer.kind.startswith("DepthwiseConv")]
    for option in PENALTIES:
        value = layer.options.get(option)
        if value is None:
            continue
        factors = value.get("config") if isinstance(value, Mapping) else {}
        factors = factors if isinstance(factors, Mapping) else {}
        l2 = factors.get("l2") or 0.0
        is_l2 = isinstance(l2, (int, float)) and l2 > 0
        if option == kept and is_l2:
            found = float(l2)
            walk.keep(layer, "as `l2`", f"{option} L2 {found:.6g}")
        if option != kept or not is_l2 or factors.get("l1"):
            what = "L1" if factors.get("l1") else shown(value)
            walk.train(
                layer, "specs have `l2` alone; it is not kept", f"{option} {what}"
            )
    return found


def dims(value: Any, rank: int) -> Shape:
    """Return one whole number for each spatial axis; Keras writes one, or a list."""
    if isinstance(value, (list, tuple)):
        return tuple(int(v) for v in value)
    return (int(value),) * rank
