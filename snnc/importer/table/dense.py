"""Dense layers; over pixels they are convolutions of kernel 1."""

from __future__ import annotations

from snnc.importer.draft import BROKEN, Draft, Value
from snnc.importer.model import Layer
from snnc.importer.table.activations import activate, activation_name
from snnc.importer.table.options import take_l2, tell_options
from snnc.importer.walk import Walk


def read_dense(layer: Layer, walk: Walk) -> Value:
    """Read a `Dense`."""
    tell_options(layer, walk, "units", "use_bias")
    l2 = take_l2(layer, walk)
    activation = activation_name(layer.options.get("activation"))
    value = walk.spiking(layer, walk.source(layer))
    if value.broken:
        return activate(layer, walk, BROKEN, activation)
    if value.zeros:
        walk.refuse(layer, "it reads zeros that were padded", "leave `ZeroPadding` out")
        return BROKEN
    units = int(layer.options["units"])
    is_vector = value.flat or len(value.shape) == 1
    ones = (1,) * (len(value.shape) - 1)
    if is_vector:
        walk.keep(layer, "`dense`")
    else:
        walk.rewrite(layer, f"over pixels it is `conv{len(ones)}d` of `kernel 1`")
    draft = Draft(
        layer=layer.name,
        kind="dense" if is_vector else "conv",
        sources=(value.source,),
        read=value.shape,
        shape=(units,) if is_vector else (*value.shape[:-1], units),
        kernel=() if is_vector else ones,
        inner=() if is_vector else ones,
        stride=() if is_vector else ones,
        bias=bool(layer.options.get("use_bias", True)),
        affine=value.affine,
        l2=l2,
    )
    walk.add(draft)
    out = Value(layer.name, layer.name, draft.shape, "linear")
    return activate(layer, walk, out, activation)
