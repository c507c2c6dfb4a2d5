"""Activations: ReLU becomes the neurons; softmax may only stand at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snnc.importer.draft import Value
from snnc.importer.model import Layer
from snnc.importer.table.options import shown
from snnc.importer.walk import Walk
from snnc.importer.wishes import ACTIVATIONS

ALIASES = {
    "silu": "swish", "leakyrelu": "leaky_relu", "leaky_re_lu": "leaky_relu",
    "p_re_lu": "prelu", "re_lu": "relu", "None": "linear", "none": "linear",
}  # fmt: skip
FINAL = ("softmax", "sigmoid")


def activation_name(value: Any) -> str:
    """Return the name of what an ``activation`` option says: ``relu``, ``relu6`` ..."""
    if isinstance(value, Mapping):
        kind, options = str(value.get("class_name")), value.get("config")
        return _of_class(kind, options if isinstance(options, Mapping) else {})
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(value)).lower()
    return ALIASES.get(str(value), ALIASES.get(name, name))


def _of_class(kind: str, options: Mapping[str, Any]) -> str:
    if kind == "ReLU":
        if options.get("threshold"):
            return "thresholded_relu"
        if options.get("negative_slope"):
            return "leaky_relu"
        top = options.get("max_value")
        return "relu" if top is None else f"relu{shown(top)}"
    if kind == "Activation":
        return activation_name(options.get("activation"))
    return activation_name(kind.upper() if kind == "PReLU" else kind).lower()


def read_activation(layer: Layer, walk: Walk) -> Value:
    """Read a layer that is nothing but an activation."""
    value = walk.source(layer)
    if layer.kind == "Softmax" and not _is_over_channels(layer, value):
        return walk.refuse(
            layer,
            "a softmax over an axis of the image is no decision",
            "let it stand over the last axis, behind the last `Dense`",
        )
    name = {"PReLU": "prelu", "ELU": "elu"}.get(layer.kind)
    name = name or _of_class(layer.kind, layer.options)
    return activate(layer, walk, value, name)


def activate(layer: Layer, walk: Walk, value: Value, name: str) -> Value:
    """Return what an activation makes of a value.

    Parameters
    ----------
    layer :
        The one whose activation it is.
    name :
        See `activation_name`.
    """
    option = "" if layer.kind in _OWN else f"activation {name}"
    if name == "linear":
        walk.keep(layer, option=option)
        return value
    if name in FINAL and walk.is_last(layer):
        return _finish(layer, walk, value, name, option)
    if name != "relu":
        stands = "relu6" if re.fullmatch(r"relu[\d.]+", name) else name
        if walk.wishes.rewrite(stands) != "relu":
            _refuse(layer, walk, name, stands, option)
        else:
            walk.rewrite(layer, f"`{stands}=relu`: neurons are ReLU; retrain", option)
    return _rectify(layer, walk, value, option, is_told=name != "relu")


_OWN = ("ReLU", "Neurons", "LeakyReLU", "PReLU", "ELU", "Softmax", "ThresholdedReLU")


def _finish(layer: Layer, walk: Walk, value: Value, name: str, option: str) -> Value:
    walk.final = name
    if value.broken:
        return value
    if name == "sigmoid" and value.shape[-1] != 1:
        return walk.refuse(
            layer,
            f"{value.shape[-1]} decisions at once; a readout makes one",
            "train one model for each, or use a softmax over them",
            option,
        )
    if name == "sigmoid":
        why = "two classes: softmax of (0, x) is (1 - sigmoid(x), sigmoid(x))"
        walk.rewrite(layer, why, option)
    else:
        walk.train(layer, "in the loss: the readout gives logits", option)
    return value


def _refuse(layer: Layer, walk: Walk, name: str, stands: str, option: str) -> None:
    if name in (*FINAL, "log_softmax") and walk.is_last(layer):
        remedy = "end the model with `softmax`, which decides alike"
    elif stands in ACTIVATIONS:
        remedy = (
            f"train with `relu`, or type `--rewrite {stands}=relu` and retrain"
            " (`python -m NAME.train`)"
        )
    else:
        remedy = "train with `relu`"
    why = "neurons of the chip fire at rates from 0 up, as ReLU does"
    if name.startswith("relu"):
        why = f"a ceiling of {name[4:]}: neurons of the chip have that of their rate"
    walk.refuse(layer, why, remedy, option or name, "activation")


def _rectify(
    layer: Layer, walk: Walk, value: Value, option: str, is_told: bool
) -> Value:
    if value.broken:
        return value
    if value.stage == "spikes" and not value.affine:
        walk.keep(layer, "what it reads is never below 0", option)
        return value
    if value.stage != "linear" or value.neurons is None:
        return walk.refuse(
            layer,
            "no convolution or dense layer stands right before it",
            "put a convolution of kernel 1 before it, which has neurons",
        )
    draft = walk.drafts[value.neurons]
    if value.pooled:
        return walk.refuse(
            layer,
            "an average is taken before it; the chip averages what neurons fire",
            "put the activation before the pooling layer, and retrain",
        )
    if layer.name != draft.layer and not walk.is_read_once(layer.reads[0]):
        return walk.refuse(
            layer,
            f"`{layer.reads[0]}` is read by other layers too, before its neurons",
            "let all of them read the activation",
        )
    if not is_told:
        walk.keep(layer, f"the neurons of `{draft.layer}`", option)
    walk.change(draft.layer, active=True)
    return replace(value, stage="spikes")


def _is_over_channels(layer: Layer, value: Value) -> bool:
    axis = layer.options.get("axis", -1)
    rank = 1 if value.flat else len(value.shape)
    return value.broken or axis in (-1, [-1], rank, [rank])
