"""Whether weights that were trained for the old network serve the new one."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.diff.changes import TensorChanged, TensorRenamed, Verdict, Weights
from snnc.diff.function import causes, notes
from snnc.diff.layers import Matching
from snnc.diff.version import Version
from snnc.ir.layout import Tensor, layout_id, tensors


def compare_weights(old: Version, new: Version, matching: Matching) -> Weights:
    """Compare the layouts; where they are equal, what the layers make of them.

    Returns
    -------
    Weights
        Loading asks for an equal `layout_id`; an equal function, for `causes` to
        find nothing.
    """
    before, after = tensors(old.network), tensors(new.network)
    if not _loads(before, after):
        return _incompatible(before, after, matching.names)
    why = tuple(causes(old, new, matching))
    verdict: Verdict = "retrain" if why else "valid"
    return Weights(
        verdict=verdict,
        old_id=layout_id(before),
        new_id=layout_id(after),
        kept=tuple(tensor.name for tensor in after),
        causes=why,
        notes=() if why else tuple(notes(old, new, matching)),
    )


def _loads(before: tuple[Tensor, ...], after: tuple[Tensor, ...]) -> bool:
    """Whether the new network takes every file of the old one."""
    if layout_id(before) != layout_id(after):
        return False
    return all(now.takes(was) for was, now in zip(before, after, strict=True))


def _incompatible(
    before: tuple[Tensor, ...], after: tuple[Tensor, ...], names: Mapping[str, str]
) -> Weights:
    was = {tensor.name: tensor for tensor in before}
    now = {tensor.name: tensor for tensor in after}
    renamed = _renamed(was, now, names)
    left = {tensor.old for tensor in renamed}
    came = {tensor.new for tensor in renamed}
    both = [name for name in now if name in was and name not in came | left]
    kept = tuple(name for name in both if now[name].takes(was[name]))
    return Weights(
        verdict="incompatible",
        old_id=layout_id(before),
        new_id=layout_id(after),
        added=tuple(t for t in after if t.name not in {*both, *came}),
        removed=tuple(t for t in before if t.name not in {*both, *left}),
        changed=tuple(
            TensorChanged(name, was[name].shape, now[name].shape, now[name].zeros)
            for name in both
            if name not in kept
        ),
        renamed=renamed,
        kept=kept,
        reordered=len(kept) == len(before) == len(after),
    )


def _renamed(
    was: Mapping[str, Tensor], now: Mapping[str, Tensor], names: Mapping[str, str]
) -> tuple[TensorRenamed, ...]:
    """Tensors of layers that have another name, where the shape is the same."""
    found = []
    for tensor in was.values():
        layer, _, part = tensor.name.rpartition(".")
        name = f"{names.get(layer, layer)}.{part}"
        same = name in now and now[name].takes(tensor)
        if same and name != tensor.name:
            found.append(TensorRenamed(tensor.name, name, tensor.shape))
    return tuple(found)
