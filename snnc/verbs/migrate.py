"""Reuse the weights of one network in another network, where they fit.

A tensor is kept if the new network has a tensor with the same name, shape and axes. All
other tensors are initialized as in an untrained model: kernels He uniform, biases zero
(``kernel_initializer`` in the generated ``build_model``; decision 014).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod, sqrt
from pathlib import Path

import numpy as np

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.ir.device import Profile
from snnc.ir.layout import input_scale, tensors
from snnc.ir.tensor import TensorSpec
from snnc.output.write import cannot_write
from snnc.results.diff import TensorChanges
from snnc.results.weights import MigratedTensor, Migration
from snnc.rules.weights import WouldOverwrite
from snnc.runtime.examples import Array
from snnc.runtime.files import write_file
from snnc.source import whole_file
from snnc.verbs.diff.properties import match, read_version
from snnc.verbs.diff.weights import match_tensors
from snnc.weight_files.header import read_header, serialize
from snnc.weight_files.inspect import OLD_SPEC, Listing, refusal, report_values
from snnc.weight_files.values import read_values, spreads


def migrate_file(
    path: Path,
    old: str,
    new: str,
    output: Path,
    device: Profile,
    *,
    force: bool,
) -> Migration:
    """Copy the weights of the spec ``old`` that fit to ``new``, initialize the others.

    The weights of ``old`` are in ``path``. Raise SpecError if no file was written.
    """
    report = Diagnostics()
    header = read_header(path, report)
    before, after = (read_version(spec, report, device) for spec in (old, new))
    if output.exists() and not force:
        report.add(WouldOverwrite(span=whole_file(output)))
    if header is None or before is None or after is None or report.errors:
        raise SpecError(report.diagnostics)
    listing = Listing(header, before.network)
    if not listing.fits:
        raise SpecError((refusal(listing, remedy=OLD_SPEC),))
    values = read_values(header)
    if not report_values(replace(listing, spreads=spreads(values)), report):
        raise SpecError(report.diagnostics)
    wanted = tensors(after.network)
    names = match(before, after).names
    changes = match_tensors(tensors(before.network), wanted, names)
    moved = migrate(values, wanted, changes, after.network.train.seed)
    try:
        scale = input_scale(after.network)
        write_file(output, serialize(wanted, moved.values, scale))
    except OSError as error:
        raise SpecError((cannot_write(error, output),)) from error
    return replace(moved, file=output.as_posix())


def migrate(
    values: Mapping[str, Array],
    wanted: Iterable[TensorSpec],
    changes: TensorChanges,
    seed: int,
) -> Migration:
    """Copy or initialize each tensor of the new network, whose layout is ``wanted``.

    Kernels are drawn with the training ``seed`` of the new network and the next ones.
    """
    renamed = {tensor.new: tensor.old for tensor in changes.renamed}
    old_shapes = {tensor.name: tensor.old for tensor in changes.changed}
    new = {tensor.name for tensor in changes.added} | {*old_shapes}
    moved = {}
    entries = []
    for tensor in wanted:
        name = tensor.name
        is_kernel = not name.endswith(".bias")
        if name in new and name not in renamed:
            own_seed = seed if is_kernel else None
            moved[name] = _begin(tensor, own_seed)
            entry = MigratedTensor(
                name=name,
                becomes="new",
                initializer="he_uniform" if is_kernel else "zeros",
                seed=own_seed,
                shape=tensor.shape,
                old_shape=old_shapes.get(name),
            )
        else:
            was = renamed.get(name)
            moved[name] = values[was or name]
            entry = MigratedTensor(name, "kept", was, shape=tensor.shape)
        # A kept kernel also takes a seed, so those after it don't depend on it.
        seed += is_kernel
        entries.append(entry)
    entries += [MigratedTensor(gone.name, "gone") for gone in changes.removed]
    return Migration("", tuple(entries), moved)


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
    # Each output of a depthwise kernel reads a single input channel.
    outputs = {"out", "multiplier"} | ({"in"} if "multiplier" in tensor.axes else set())
    axes = zip(tensor.axes, tensor.shape, strict=True)
    limit = sqrt(6 / prod(size for axis, size in axes if axis not in outputs))
    drawn = np.random.default_rng(seed).uniform(-limit, limit, tensor.shape)
    return drawn.astype(np.float32)
