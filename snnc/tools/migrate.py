"""Reuse the weights of one network in another network, where they fit.

A tensor is kept if the new network has a tensor with the same name, shape and axes. All
other tensors are initialized as in an untrained model: kernels He uniform, biases zero
(``kernel_initializer`` in the generated ``build_model``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod, sqrt
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snnc.diagnostics import Diagnostics
from snnc.ir.device import Profile
from snnc.ir.layout import TensorSpec, input_scale, tensors
from snnc.rules.files import CannotWrite
from snnc.rules.weights import WouldOverwrite
from snnc.runtime.examples import Array
from snnc.runtime.files import write_file
from snnc.source import whole_file
from snnc.text.display import Json
from snnc.text.tables import counted, dims
from snnc.tools.diff.properties import match, read_version
from snnc.tools.diff.weights import compare_weights
from snnc.weight_files.header import read_header, serialize
from snnc.weight_files.inspect import VERSION, Listing, refusal, report_values
from snnc.weight_files.values import read_values, spreads


def migrate_file(
    path: Path,
    old: str,
    new: str,
    output: Path,
    force: bool,
    report: Diagnostics,
    device: Profile | None = None,
) -> list[Move] | None:
    """Copy the weights of ``old`` that fit to ``new``, and initialize the others.

    Parameters
    ----------
    path
        The weights of ``old``.
    old, new
        The specs.
    output
        The file to write.
    force
        Whether the file may exist.
    report
        Receives the problems.
    device
        The device to compile for; None for Loihi 1.

    Returns
    -------
    list of Move or None
        What happened to each tensor; None if no file was written.
    """
    header = read_header(path, report)
    before, after = (read_version(spec, report, device) for spec in (old, new))
    if output.exists() and not force:
        report.add(WouldOverwrite(span=whole_file(output)))
    if header is None or before is None or after is None or report.errors:
        return None
    listing = Listing(header, before.network)
    if not listing.fits:
        report.add(refusal(listing, migrating=True))
        return None
    values = read_values(header)
    if not report_values(replace(listing, spreads=spreads(values)), report):
        return None
    wanted = tensors(after.network)
    renamed = compare_weights(before, after, match(before, after)).of("renamed")
    names = {tensor.new.name: tensor.old.name for tensor in renamed}
    moves = plan(tensors(before.network), wanted, after.network.train.seed, names)
    try:
        scale = input_scale(after.network)
        write_file(output, serialize(wanted, migrate(moves, values), scale))
    except OSError as error:
        reason = error.strerror or str(error)
        report.add(CannotWrite(span=whole_file(output), reason=reason))
        return None
    return moves


@dataclass(frozen=True, slots=True)
class Move:
    """A tensor of either network: kept, new or gone.

    ``was`` is the name of a kept tensor in the old network. ``seed`` is the seed for a
    new kernel, and None for biases, which are initialized to zeros.
    """

    before: TensorSpec | None
    after: TensorSpec | None
    seed: int | None = None

    @property
    def was(self) -> str:
        before, after = self.before, self.after
        kept = before is not None and after is not None and after.takes(before)
        return before.name if before is not None and kept else ""

    @property
    def name(self) -> str:
        return (self.after or self.before).name  # type: ignore[union-attr]

    def as_dict(self) -> Json:
        """Return what happened to the tensor, as JSON data."""
        if self.after is None:
            return {"name": self.name, "becomes": "gone"}
        if self.was:
            was = {} if self.was == self.name else {"was": self.was}
            return {"name": self.name, "becomes": "kept", **was}
        begins: Json = {"initializer": "zeros"}
        if self.seed is not None:
            begins = {"initializer": "he_uniform", "seed": self.seed}
        return {"name": self.name, "becomes": "new", **begins}

    def __str__(self) -> str:
        if self.after is None:
            return f"  - {self.name}: not in the new network"
        tensor = f"{self.name} {dims(self.after.shape)}"
        if self.was:
            same = self.was == self.name
            return (
                f"  = {tensor}"
                if same
                else f"  > {tensor}: {self.was} of the old network"
            )
        begins = "zeros" if self.seed is None else f"He uniform, seed {self.seed}"
        was = f", was {dims(self.before.shape)}" if self.before is not None else ""
        return f"  + {tensor}{was}: {begins}"


def plan(
    old: tuple[TensorSpec, ...],
    new: tuple[TensorSpec, ...],
    seed: int,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> list[Move]:
    """Return what to do with each tensor, first for those of the new network.

    Parameters
    ----------
    old, new
        The layouts.
    seed
        The training seed of the new network; kernels use this and the following seeds.
    renamed
        The old names of tensors, by new name.
    """
    before = {tensor.name: tensor for tensor in old}
    moves = []
    for tensor in new:
        # The old tensor may be in a renamed layer.
        name = renamed.get(tensor.name, tensor.name)
        is_taken = name in renamed.values() and tensor.name not in renamed
        partner = None if is_taken else before.get(name)
        has_seed = not tensor.name.endswith(".bias")
        moves.append(Move(partner, tensor, seed if has_seed else None))
        seed += has_seed
    known = {move.before.name for move in moves if move.before}
    return [*moves, *(Move(t, None) for t in old if t.name not in known)]


def migrate(moves: list[Move], values: Mapping[str, Array]) -> dict[str, Array]:
    """Return the tensors of the new network."""
    return {
        move.name: values[move.was] if move.was else _begin(move.after, move.seed)
        for move in moves
        if move.after is not None
    }


def _begin(tensor: TensorSpec, seed: int | None) -> Array:
    """Return the initial values of a tensor.

    He uniform draws from -limit to limit, where limit = sqrt(6 / fan-in) (He et al.
    2015, as in Keras). The fan-in of a kernel is the product of all axes except the
    last. For a depthwise kernel, it is the number of taps. For a transposed kernel, it
    is the product of all axes except the outputs. With the same seed, NumPy and
    TensorFlow draw different numbers.
    """
    if seed is None:
        return np.zeros(tensor.shape, np.float32)
    outputs = {"out", "multiplier"} | ({"in"} if "multiplier" in tensor.axes else set())
    axes = zip(tensor.axes, tensor.shape, strict=True)
    limit = sqrt(6 / prod(size for axis, size in axes if axis not in outputs))
    drawn = np.random.default_rng(seed).uniform(-limit, limit, tensor.shape)
    return drawn.astype(np.float32)


def moves_document(moves: Sequence[Move], target: str) -> Json:
    """Return what happened to each tensor, as JSON data."""
    tensors = [move.as_dict() for move in moves]
    return {"version": VERSION, "file": target, "tensors": tensors}


def moves_text(moves: Sequence[Move], target: str) -> str:
    """Write one line per tensor: kept, new with its initial values, or removed."""
    kept = sum(bool(move.was) for move in moves)
    new = sum(move.after is not None and not move.was for move in moves)
    summary = f"{target}: {counted(kept, 'tensor')} kept, {new} new"
    advice = "; train it before you use it" if new else ""
    return "\n".join([*map(str, moves), "", summary + advice])
