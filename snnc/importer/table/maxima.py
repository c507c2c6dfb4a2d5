"""Maxima: neurons that compare what other neurons fire."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from snnc.importer.draft import BROKEN, Draft, Value
from snnc.importer.linear import Shape, Step, Term, Window, Windows, point
from snnc.importer.model import Layer
from snnc.importer.neurons import UnfitError, fire, kept
from snnc.importer.table.axes import Axes
from snnc.importer.walk import Walk
from snnc.ir.shapes import same_pad

Padding = Literal["valid", "same"]
REWRITE = (
    "or type `--rewrite maxpool=avgpool` (its readers take the mean); both retrain"
)


def maximum(
    layer: Layer, walk: Walk, value: Value, windows: Windows, axes: Axes
) -> Value:
    """Return the maximum over windows of a value, as a `maxpool` gives it.

    A maximum and ReLU commute, and so do a maximum and a batch norm whose factors are
    not negative, which is looked at with the weights.
    """
    value = rectified(layer, walk, value)
    value, norms = _before_norms(value)
    if any(walk.reads_input(term.source) for term in value.terms):
        return _refuse(
            layer,
            walk,
            "it pools the input, whose values are no spikes that neurons compare",
            "pool behind a convolution, or pool the data itself",
        )
    if not value.is_positive:
        return _refuse(
            layer,
            walk,
            "what it pools may be below 0, and rates are not",
            f"put an activation before it, {REWRITE}",
        )
    padding = _padding(windows)
    if padding is None:
        return _refuse(
            layer,
            walk,
            "the zeros before it are not those of `padding='same'`",
            f"leave the `ZeroPadding` out and use `padding='same'`, {REWRITE}",
        )
    try:
        source = _source(walk, layer.name, value)
    except UnfitError as error:
        return _refuse(layer, walk, str(error), f"build it otherwise, {REWRITE}")
    shape: Shape = (*(window.places for window in windows), value.shape[-1])
    key = walk.free(layer.name)
    taps = tuple(window.taps for window in windows)
    walk.add(
        Draft(
            layer=key,
            kind="maxpool",
            sources=(source,),
            shape=shape,
            kernel=taps,
            stride=tuple(window.stride for window in windows),
            padding=padding,
            crossed=norms,
            is_global=padding == "valid" and taps == value.shape[:-1],
        )
    )
    walk.keep(layer, "`maxpool`, neurons that compare what it reads")
    steps = tuple(replace(n, windows=tuple(map(point, shape[:-1]))) for n in norms)
    return Value((Term(key, shape, steps),), shape, axes.view, is_positive=not norms)


def rectified(layer: Layer, walk: Walk, value: Value) -> Value:
    """Return a value behind the ReLU that follows: it and a maximum commute."""
    after = walk.rectified(layer)
    if after is None or value.is_positive:
        return value
    try:
        return fire(walk, after.name, value)
    except UnfitError:  # as the ReLU itself is told
        return value


def _before_norms(value: Value) -> tuple[Value, tuple[Step, ...]]:
    """Return a value before its batch norms, where neurons fire it, and these."""
    if value.is_positive or len(value.terms) != 1 or value.flat:
        return value, ()
    (term,) = value.terms
    if not term.steps or any(step.op != "norm" for step in term.steps):
        return value, ()
    bare = replace(value, terms=(replace(term, steps=()),), is_positive=True)
    return bare, term.steps


def _source(walk: Walk, owner: str, value: Value) -> str:
    """Return the key of what a max pool reads: neurons, or an average of them."""
    if value.spikes is not None:
        return value.spikes
    (term, *others) = value.terms
    is_mean = not others and len(term.steps) == 1 and term.steps[0].op == "mean"
    if is_mean and not any(window.pads for window in term.steps[0].windows):
        return walk.pool(term.source, term.steps[0])
    (found,) = kept(walk, f"{owner}_reads", value).terms
    if found.steps:
        raise UnfitError("no neurons fire just what it pools")
    return found.source


def _padding(windows: Windows) -> Padding | None:
    """Return how a spec pads as windows do; None if it can't."""
    if not any(window.pads for window in windows):
        inside = all(window.before == 0 for window in windows)
        return "valid" if inside and all(map(_is_whole, windows)) else None
    for window in windows:
        before, _ = same_pad(window.size, window.taps, window.stride)
        places = -(-window.size // window.stride)
        if (window.before, window.places) != (before, places):
            return None
    return "same"


def _is_whole(window: Window) -> bool:
    return window.places == (window.size - window.taps) // window.stride + 1


def _refuse(layer: Layer, walk: Walk, why: str, remedy: str) -> Value:
    walk.refuse(layer, why, remedy, rule="maxpool")
    return BROKEN
