"""The two ends of a network: what encodes the input, and what decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from snnc.importer.draft import INPUT, Draft, Value
from snnc.importer.walk import Walk

CLASS_LOSSES = ("crossentropy", "focal")


@dataclass(frozen=True, slots=True)
class Ends:
    """What encodes and what decides.

    Attributes
    ----------
    encoder :
        The draft that becomes ``encode conv``; None for ``encode rate``.
    readout :
        The key of the draft that decides.
    size :
        ``classes 10`` or ``units 1``.
    """

    encoder: str | None
    readout: str
    size: str


def finish(walk: Walk) -> Ends | None:
    """Choose the encoder and the readout; None if a layer was refused."""
    value = walk.values[walk.model.outputs[0]]
    if value.broken:
        return None
    readout = _readout(walk, value)
    if readout is None or any(d.verdict == "refused" for d in walk.decisions):
        return None
    return Ends(_encoder(walk, readout), readout, _size(walk, walk.drafts[readout]))


def _readout(walk: Walk, value: Value) -> str | None:
    layer = walk.layers[walk.model.outputs[0]]
    if value.stage != "linear" or value.neurons is None:
        return _identity(walk, value)
    draft = walk.drafts[value.neurons]
    found = _as_matrix(walk, value, draft)
    if found is None or draft.shortcut is not None:
        walk.refuse(
            layer,
            "the output is an image; a readout has classes or units",
            "end the model with `GlobalAveragePooling`, or `Flatten`, and `Dense`",
        )
        return None
    size = draft.shape[-1]
    form = "two classes" if walk.final == "sigmoid" else draft.form
    changed = replace(found, kind="readout", form=form, shape=(size,), groups=1)
    del walk.drafts[draft.layer]
    walk.add(changed)
    for norm in draft.batchnorms:
        walk.retell(
            norm, "rewritten", "folded into the readout, which has none to be retrained"
        )
    last = walk.layers[draft.layer]
    if last.kind == "Dense":
        walk.become(last, "the `readout`, on the host")
    else:
        told = "the `readout`, on the host: at the end it is a matrix"
        walk.rewrite(last, told)
    return draft.layer


def _as_matrix(walk: Walk, value: Value, draft: Draft) -> Draft | None:
    """Return a last linear layer as the matrix that it is, or None."""
    if draft.kind == "dense":
        return draft if value.source == draft.layer else None
    if value.source == draft.layer:
        is_whole = draft.kernel == draft.extent == draft.read[:-1]
        is_padded = draft.padding == "same" and set(draft.kernel) != {1}
        return draft if is_whole and not is_padded else None
    pool = walk.drafts[value.source]
    is_mean = pool.is_global and pool.sources == (draft.layer,)
    if not is_mean or set(draft.kernel) | set(draft.stride) != {1}:
        return None
    # The mean of a convolution of kernel 1 is that matrix times the mean.
    size = (*pool.shape[:-1], draft.read[-1])
    walk.change(pool.layer, sources=draft.sources, read=draft.read, shape=size)
    return replace(draft, sources=(pool.layer,), read=size)


def _identity(walk: Walk, value: Value) -> str | None:
    """Add a readout that gives what the last neurons fire."""
    layer = walk.layers[walk.model.outputs[0]]
    is_image = not value.flat and prod(value.shape[:-1]) > 1
    if value.stage == "input" or value.zeros or is_image:
        what = (
            "no layer computes" if value.stage == "input" else "the output is an image"
        )
        walk.refuse(layer, what, "end the model with `Flatten` and `Dense`")
        return None
    key = "output"
    while key in walk.layers:
        key += "_"
    size = prod(value.shape)
    walk.add(
        Draft(
            layer=key,
            kind="readout",
            sources=(value.source,),
            read=value.shape,
            shape=(size,),
            form="identity",
            affine=value.affine,
        )
    )
    told = "a `readout` behind it passes its rates on; retraining may fill its matrix"
    walk.rewrite(layer, told)
    return key


def _size(walk: Walk, readout: Draft) -> str:
    units = readout.shape[-1]
    if readout.form == "two classes":
        return "classes 2"
    loss = loss_name(walk.model.compiled.loss if walk.model.compiled else None)
    decides = walk.final == "softmax" or any(name in loss for name in CLASS_LOSSES)
    if units > 1 and (decides or not loss):
        return f"classes {units}"
    return f"units {units}"


def loss_name(loss: Any) -> str:
    """Return a loss's name, in the letters of Keras's functions, or nothing."""
    if isinstance(loss, list) and len(loss) == 1:
        loss = loss[0]
    if isinstance(loss, Mapping):
        found = loss.get("class_name")
        if found is None and len(loss) == 1:
            return loss_name(next(iter(loss.values())))
        loss = found
    return str(loss or "").lower().replace("_", "")


def _encoder(walk: Walk, readout: str) -> str | None:
    readers = [d for d in walk.drafts.values() if INPUT in d.sources]
    shortcuts = any(d.shortcut == INPUT for d in walk.drafts.values())
    if walk.wishes.encode == "rate" or len(readers) != 1 or shortcuts:
        return None
    (first,) = readers
    if first.kind != "conv" or first.shortcut is not None or not first.active:
        return None
    has_curve = any(told.startswith("neuron") for told in first.properties)
    if first.extent != first.kernel or has_curve:
        return None
    neural = ("conv", "dense", "downsample")
    others = [d for d in walk.drafts.values() if d is not first and d.kind in neural]
    if not others or first.layer == readout:
        return None
    walk.become(
        walk.layers[first.layer],
        "`encode conv`: on the host, where it is exact and takes no cores"
        " (`--encode rate`: on the chip)",
    )
    return first.layer
