"""Activations: one or more neurons per value; the host computes the last activation.

A neuron computes ``relu``. A sum of neurons computes any piecewise linear function: a
leaky or parametric ReLU, a ReLU with a ceiling, or a hard sigmoid. Smooth functions are
approximated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

from snnc.importer.builder import CurrentLayer
from snnc.importer.decisions import AppliedRewrite, Approximation, RefusedLayerError
from snnc.importer.functions import (
    FUNCTIONS,
    SOFTMAXES,
    canonical_name,
    find_neurons,
    is_never_negative,
    rewritten_name,
)
from snnc.importer.linear import LinearStep, cuts_of, per_channel, points
from snnc.importer.model import KerasLayer, config_of
from snnc.importer.neurons import BORDER, UnfitError, add_relu, mix
from snnc.importer.table import listed, reads, shown
from snnc.importer.values import BROKEN, COUNTS, INPUT, RELU, SIGNED, Units, Value
from snnc.rules.imports import ActivationRefused

Activation = tuple[str, Mapping[str, Any]]
"""The name of a function, and its options."""
CLASSES = (
    "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "ThresholdedReLU", "Neurons",
)  # fmt: skip
"""The classes of layers that are only an activation."""
IDENTITY_LIMIT = 3000
"""The most values that a readout passes on with a matrix: 9 million weights."""
NARROWER = (
    "pad each axis by fewer zeros in all than the width of the kernel, preferably "
    "with `padding='same'` instead of `ZeroPadding`, and retrain"
)


def find_activation(value: Any) -> Activation:
    """Return the function in an ``activation`` option, such as ``relu``."""
    if isinstance(value, Mapping):
        kind = str(value.get("class_name"))
        # The weights of a `PReLU` belong to the layer.
        return ("prelu", {}) if kind == "PReLU" else _of_class(kind, config_of(value))
    text = str(value)
    if text in ("LeakyReLU", "leaky_re_lu"):
        return "leaky_relu", {"alpha": 0.3}  # the default of the layer
    name = "linear" if value is None else canonical_name(text)
    # The function has another default than the layer.
    return name, {"alpha": 0.2} if name == "leaky_relu" else {}


def _of_class(kind: str, options: Mapping[str, Any]) -> Activation:
    """Return the function of an activation layer, from its options."""
    if kind == "ReLU":
        if options.get("threshold"):
            return "thresholded_relu", options
        top = options.get("max_value")
        slope = options.get("negative_slope")
        if slope:
            return "leaky_relu", {"alpha": slope, "max_value": top}
        return ("relu", {}) if top is None else (f"relu{shown(top)}", {})
    if kind == "Activation":
        return find_activation(options.get("activation"))
    if kind == "LeakyReLU":
        return "leaky_relu", {"alpha": options.get("alpha", 0.3)}
    if kind == "PReLU":
        # With this option, `find_neurons` knows that it is a layer, which has slopes.
        return "prelu", {"shared_axes": None, **options}
    name, _ = find_activation(kind)
    return name, options


SLOPES = "its slopes differ at each position, but kernels do not"
SHARED = (
    "give all positions the same slopes, such as `PReLU(shared_axes=[1, 2])` for "
    "images, and retrain"
)


@reads(("Activation", *CLASSES), reads_broken=True)
def read_activation(layer: CurrentLayer, value: Value) -> Value:
    """Read a layer that is only an activation, even if its input is unknown.

    ``Neurons`` compute ReLU, or the curve that their ``properties`` define.
    """
    if layer.kind != "Neurons":
        return activate(layer, value, _of_class(layer.kind, layer.options))
    output = activate(layer, value, ("relu", {}))
    properties = tuple(layer.options.get("properties", ()))
    fired = output.spikes
    # `activate` adds no neurons if the input is never below 0.
    if properties and fired is not None and fired != value.spikes:
        layer.spec.add(replace(layer.spec.drafts[fired], properties=properties))
        layer.keep(option=", ".join(properties))
    return output


def activate(layer: CurrentLayer, value: Value, activation: Activation) -> Value:
    """Apply an activation to a value, with neurons or on the host.

    Record which of these it is. An activation that changes nothing costs nothing.
    """
    name, _ = activation
    option = "" if layer.kind in CLASSES else f"activation {name}"
    if name == "linear":
        layer.keep(option=option)
        return value
    output = layer.context.output_of(layer)
    if output is not None and _is_for_host(name, value):
        _finish(layer, value, output, name, option)
        return value
    if value.is_positive and name == "relu" and not value.flat_norms:
        layer.keep("its input is never below 0", option)
        return value
    units = _choose_units(layer, activation, option)
    if name == "prelu" and len(units) > 1:
        return _fire_slopes(layer, value, option)
    return _fire_inside(layer, value, option, units)


def _is_for_host(name: str, value: Value) -> bool:
    """Whether the host computes an activation at the end of the model."""
    # Neurons compute a last ReLU, unless the matrix that passes on rates is too large.
    return name != "relu" or (not value.broken and prod(value.shape) > IDENTITY_LIMIT)


def _choose_units(layer: CurrentLayer, activation: Activation, option: str) -> Units:
    """Return the neurons of each value, and record the decision on them."""
    name, options = activation
    rewritten = rewritten_name(name)
    if name != "relu" and layer.context.request.rewrite(rewritten) == "relu":
        applied = f"{rewritten}=relu"
        why = f"`{applied}`: neurons are ReLU; retrain"
        layer.rewrite(why, option, AppliedRewrite(applied))
        return RELU
    if name == "hard_sigmoid" and (layer.context.model.keras or "").startswith("3"):
        options = {"slope": 1 / 6}
    neurons = find_neurons(name, options)
    if neurons is None:
        # After a refusal, go on with ReLU, so that later layers are checked too.
        _refuse(layer, name, option)
        return RELU
    count = len(neurons.units)
    if count > 1:
        sum_is = "equals the activation"
        approximation = None
        if neurons.error:
            sum_is = f"is within {neurons.error:.2g} of the activation"
            approximation = Approximation(name, count, neurons.error)
        layer.rewrite(
            f"{COUNTS[count]} neurons for each value, whose sum {sum_is}; `--rewrite "
            f"{rewritten}=relu` takes one neuron, but needs retraining",
            option,
            approximation,
        )
    return neurons.units


def _fire_inside(layer: CurrentLayer, value: Value, option: str, units: Units) -> Value:
    """Return the output of neurons, which come before zero padding if possible.

    Readers then compute the padding in their kernels.
    """
    # If no split works, neurons come before the padding, and a border is added to them.
    swapped = _swap_padding_and_norm(value)
    if swapped is not None and any(cuts_of(term) is None for term in value.terms):
        inside, norm, border = swapped
        fired = _fire(layer, inside, option, units)
        return fired if fired.broken else _pad_after_norm(fired, norm, border, units)
    # Neurons with a shift are active for padded zeros too.
    if any(unit.shift > 0 for unit in units):
        return _fire(layer, value, option, units)
    inside, pad = unpadded(value)
    fired = _fire(layer, inside, option, units)
    if pad is None or fired.broken:
        return fired
    return fired.then(pad, is_positive=fired.is_positive)


def _fire(layer: CurrentLayer, value: Value, option: str, units: Units) -> Value:
    """Return the output of neurons that compute an activation of ``value``.

    The parts of a concatenation of vectors get separate neurons, unless a batch norm
    follows. If no kernel fits, the layer is refused and the result is `BROKEN`.
    ``option`` is what `--explain` says about the activation.
    """
    if value.broken:
        return value
    is_positive = is_never_negative(units)
    if value.parts and not value.flat_norms:
        parts = tuple(_fire(layer, part, option, units) for part in value.parts)
        return replace(value, parts=parts, is_positive=is_positive)
    try:
        if value.parts:
            raise UnfitError("a batch norm over a flat vector comes without a kernel")
        fired = add_relu(layer.spec, layer.name, value, units)
    except UnfitError as error:
        return refuse_unfit(layer, value, error)
    if len(units) > 1:
        mixed = mix(fired, layer.name, value, units)
        return replace(mixed, is_positive=is_positive)
    if layer.name not in layer.spec.refused:
        layer.keep(f"the neurons of `{fired.terms[0].source}`", option)
    return fired


def refuse_unfit(layer: CurrentLayer, value: Value, error: UnfitError) -> Value:
    """Refuse a layer, or the layer before it that no kernel can compute."""
    faulty = layer.spec.layer(error.layer) if error.layer else layer
    remedy = _padding_remedy(value) if str(error) == BORDER else ""
    if not remedy and faulty.name in layer.spec.refused:
        return BROKEN
    remedy = remedy or error.remedy or _general_remedy(faulty)
    return faulty.refuse(RefusedLayerError(str(error), remedy))


def _padding_remedy(value: Value) -> str:
    """Say how to pad a value differently; return "" if no layer only pads it."""
    ops_of_terms = [[step.op for step in term.steps] for term in value.terms]
    is_data = all(term.source == INPUT for term in value.terms)
    if is_data and all(ops[:1] == ["window"] for ops in ops_of_terms):
        return "pad the data (`np.pad`), and import the model without its padding"
    return NARROWER if any("window" in ops for ops in ops_of_terms) else ""


def _general_remedy(layer: KerasLayer) -> str:
    if "Pooling" in layer.kind:
        return (
            "add `--rewrite avgpool=zeros` (padded zeros count as values), or use "
            "`padding='valid'`, and retrain"
        )
    return "put a convolution or a `Dense` directly before this layer, and retrain"


def _fire_slopes(layer: CurrentLayer, value: Value, option: str) -> Value:
    """Return the output of a parametric ReLU: two neurons, with slopes as weights."""
    if value.broken:
        return value
    if not _shares_slopes(layer, value):
        raise RefusedLayerError(SLOPES, SHARED)
    inside, pad = unpadded(value)
    fired = _fire(layer, inside, option, SIGNED)
    if fired.broken or fired.parts:
        return fired
    (term,) = fired.terms
    mixed = term.steps[-1]
    # `SIGNED` neurons end in a `mix` with the gains 1 and -1; the weights have others.
    step = per_channel("slope", layer.name, inside.shape)
    step = replace(step, read=mixed.read)
    fired = replace(fired, terms=(replace(term, steps=(*term.steps[:-1], step)),))
    return fired if pad is None else fired.then(pad)


def _shares_slopes(layer: KerasLayer, value: Value) -> bool:
    """Whether a parametric ReLU has the same slopes at all positions."""
    shared = listed(layer.options.get("shared_axes") or [])
    channels = len(value.shape) - 1
    # Keras counts axes with the batch.
    for number, group in enumerate(value.view, start=1):
        long = {axis for axis in group if value.shape[axis] > 1}
        if number not in shared and not long <= {channels}:
            return False
    return True


def _finish(
    layer: CurrentLayer, value: Value, output: str, name: str, option: str
) -> None:
    """Leave an activation at the end of the model to the host."""
    layer.spec.finals[output] = name
    is_one = not value.broken and prod(value.shape) == 1
    # A softmax over one axis of an image is not a softmax over all values.
    is_row = value.shape[-1:] == (prod(value.shape),)
    is_over_all = value.broken or (is_row and not value.is_cut)
    if name == "sigmoid" and is_one and len(layer.context.model.outputs) == 1:
        why = "two classes: softmax of (0, x) is (1 - sigmoid(x), sigmoid(x))"
        layer.rewrite(why, option)
    elif name in SOFTMAXES and is_over_all:
        layer.train("part of the loss: the readout outputs logits", option)
    else:
        if "softmax" in name:
            layer.spec.finals[output] = f"{name} over one axis"
        why = f"the readout, on the host, outputs the values before {name}"
        layer.rewrite(why, option)


def _refuse(layer: CurrentLayer, name: str, option: str) -> None:
    """Refuse an activation function, and suggest a replacement."""
    remedy = "train with `relu`"
    if name in FUNCTIONS:
        remedy = f"train with `relu`, or add `--rewrite {name}=relu` and train again"
    why = "the neurons of the chip have rates from 0 up, like ReLU"
    if name.startswith("custom>"):
        why = "it is a custom function, and its code is not in the file"
    layer.refuse(RefusedLayerError(why, remedy, option or name, ActivationRefused))


def unpadded(value: Value) -> tuple[Value, LinearStep | None]:
    """Return a value without the zeros that its last step pads, and that step.

    If the last step does not pad or also crops, return the value unchanged and None.
    """
    pad = _last_step(value)
    if pad is None or not pad.is_padding:
        return value, None
    sizes = tuple(window.size for window in pad.windows)
    inside = replace(_without_last_step(value), shape=(*sizes, value.shape[-1]))
    return inside, pad


def _last_step(value: Value) -> LinearStep | None:
    """Return the step that all terms end with, or None if it differs."""
    if not all(term.steps for term in value.terms):
        return None
    ends = [term.steps[-1] for term in value.terms]
    is_same = len({end.layer for end in ends}) == 1
    return ends[0] if is_same else None


def _without_last_step(value: Value) -> Value:
    terms = tuple(replace(term, steps=term.steps[:-1]) for term in value.terms)
    return replace(value, terms=terms)


def _swap_padding_and_norm(
    value: Value,
) -> tuple[Value, LinearStep, LinearStep] | None:
    """Move the zeros that a value pads before its norm to after the norm.

    Return the value after the norm without the padding, the norm, and the step that
    pads. Return None if the value does not end with a padding and a norm.
    """
    norm = _last_step(value)
    if norm is None or norm.op != "norm":
        return None
    inside, pad = unpadded(_without_last_step(value))
    if pad is None:
        return None
    norm = replace(norm, windows=points(inside.shape))
    return inside.then(norm), norm, pad


def _pad_after_norm(
    fired: Value, norm: LinearStep, pad: LinearStep, units: Units
) -> Value:
    """Return the output of neurons, surrounded by their output for padded zeros.

    A norm turns padded zeros into a number c per channel. Padding x with c is the same
    as padding x - c with zeros and then adding c everywhere.
    """

    def add_border(value: Value, sign: float) -> Value:
        """Add the neurons' output for padded zeros, multiplied by a sign."""
        factors: list[float] = []
        for unit in units:
            factors += (sign * unit.gain, unit.factor, unit.shift)
        step = per_channel("fill", norm.layer, value.shape, bias=True)
        return value.then(replace(step, factors=tuple(factors)))

    lowered = add_border(fired, -1.0)
    outer = add_border(lowered.then(pad), 1.0)
    return replace(outer, is_positive=fired.is_positive)
