# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Read examples and labels, and check that a network accepts them.

Examples are arrays in an ``.npz`` file, in a folder of ``.npy`` files, or, for
``x``, in a single ``.npy`` file. ``.npy`` files are memory-mapped, so they can
be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .examples import Array, Bounds, sample_indices
from .files import UserError
from .layout import FileName
from .network import Input, Network

NARROW = 0.02  # the share of an input range that values should fill
WIDE = 16  # the width from which a range is not meant for values in 0..1
FEW = 0.01  # the share of values that are outliers, and not in another unit
LISTED = 5  # the most members of an archive that a message names
_NUMBERED = ": number the labels from 0, in the order of the spec's classes"


class DataError(UserError, ValueError):
    """Raised for invalid data; the message names file, array and cause."""


@dataclass(frozen=True)
class Examples:
    """Checked examples that are read when they are sliced.

    ``rows`` contains their positions in ``x``, in the order of presentation.
    Labels ``y``, in the same order, are int64 of shape (examples,) or float32
    of shape (examples, units), or None. ``warning`` is set if ``x`` fills only
    a small part of the input range.
    """

    x: Array
    rows: NDArray[np.int64]
    y: Any
    warning: str | None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.rows)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        """Return a slice of the examples, of shape (examples, *shape)."""
        return np.asarray(self.x[self.rows[part]], np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """(examples, *shape)."""
        return (len(self), *self.x.shape[1:])

    @property
    def arrays(self) -> tuple[NDArray[np.float32], Any]:
        """All of ``x``, as float32, and ``y``; not for drawn examples."""
        return np.asarray(self.x, np.float32), self.y


def open_data(
    path: FileName,
    network: Network,
    limit: int | None = None,
    seed: int | None = None,
    labelled: bool = True,
) -> Examples:
    """Open ``x`` and, if ``labelled``, ``y`` of a file or folder.

    Examples are chosen like in `select`. Raises DataError, which names the
    file and the array, if the data can't be read or the network does not
    accept them.
    """
    arrays = open_arrays(path, ("x", "y") if labelled else ("x",))
    try:
        return select(arrays["x"], arrays.get("y"), network, limit, seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def select(
    x: Any,
    y: Any,
    network: Network,
    limit: int | None = None,
    seed: int | None = None,
) -> Examples:
    """Return the examples to present, with labels unless ``y`` is None.

    `examples.sample_indices` chooses the examples and their order, by
    ``limit`` and ``seed``. Raises DataError if ``x`` is empty, or if shapes,
    types, numbers or ranges do not fit the network.
    """
    x = np.asarray(x)
    y = None if y is None else np.asarray(y)
    read = network.input
    _check_inputs(x, y, read.shape)
    rows = sample_indices(len(x), limit, seed)
    lowest, highest = _checked_range(x, rows, read)
    warning = range_warning(lowest, highest, read)
    if y is not None:
        if y.shape and len(y) != len(x):
            counts = f"x has {len(x)} examples, y has {len(y)}"
            raise DataError(f"{counts}: write as many of both")
        y = y[rows] if y.shape else y
        check = _check_classes if network.readout.classes else _check_targets
        y = check(y, len(rows), network.readout.units)
    return Examples(x, rows, y, warning)


def _check_inputs(x: Array, y: Array | None, shape: tuple[int, ...]) -> None:
    """Raise DataError unless x contains examples of a shape."""
    if x.dtype.kind not in "iuf":
        hint = ": use x.astype(float)" if x.dtype.kind in "bUSO" else ""
        raise DataError(f"x has type {x.dtype}, not float or integer{hint}")
    if x.shape[1:] != shape or not x.shape:
        hint = _reshape_hint(x.shape[1:], shape) if x.shape else ""
        if x.shape == shape:
            hint = ": use x[np.newaxis]"
        if y is not None and y.ndim and y.shape[1:] == shape:
            hint = ": are x and y swapped?"
        wanted = f"(examples, {', '.join(map(str, shape))})"
        raise DataError(f"x has shape {x.shape}, not {wanted}{hint}")
    if x.shape[0] == 0:
        raise DataError("x holds no examples")


def range_warning(least: float, most: float, read: Input) -> str | None:
    """Warn if values in ``least`` to ``most`` use little of the input range.

    They do if they span less than 2 % of it, or if it spans at least 16 and
    the values are within 1 of 0, such as images in 0..1 for a spec with
    0..255. Otherwise, return None.
    """
    extent = read.high - read.low
    highest = max(-least, most)
    if highest >= NARROW * extent and (highest > 1 or extent < WIDE):
        return None
    found = f"{least:.4g}..{most:.4g}"
    wanted = f"the spec's {read.low:g}..{read.high:g}"
    advice = "scale x, or narrow the spec's input"
    return f"x is within {found}, a small part of {wanted}: {advice}"


def _reshape_hint(given: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Return the code that reshapes examples if only their axes differ."""
    if (*given, 1) == shape:
        return ": use x[..., np.newaxis]"
    if given == (shape[-1], *shape[:-1]):
        return ": use np.moveaxis(x, 1, -1)"
    if prod(given) == prod(shape):
        return f": use x.reshape({', '.join(map(str, (-1, *shape)))})"
    return ""


def _checked_range(x: Array, rows: Array, read: Input) -> Bounds:
    """Return the lowest and highest value of some examples."""
    ordered = np.sort(rows)
    part = x if len(ordered) == len(x) else x[ordered]
    ends = np.stack([part.min(), part.max()])  # an array, as its type decides
    if ((ends >= read.low) & (ends <= read.high)).all():
        return float(ends[0]), float(ends[1])
    wrong = ~np.isfinite(part)
    if not wrong.any():
        wrong = ~((part >= read.low) & (part <= read.high))
    row, *rest = np.unravel_index(int(wrong.argmax()), wrong.shape)
    value = part[(row, *rest)]
    count = int(wrong.sum())
    first = f"x{[int(ordered[row]), *map(int, rest)]} is {value}"
    many = "the only one" if count == 1 else f"{count} such values"
    if not np.isfinite(value):
        advice = "leave such examples out, or replace the values"
        raise DataError(f"{first}, not a finite number ({many}): {advice}")
    message = f"{first}, outside {read.low}..{read.high} ({many})"
    advice = _range_advice(ends, count / part.size, read)
    raise DataError(f"{message}: {advice}")


def _range_advice(ends: Array, share: float, read: Input) -> str:
    """Return what to do if a ``share`` of values is outside the range.

    The advised range includes the old one, which other data may need, such as
    those of the training. A few outliers are better clipped: a wider range
    needs a new training.
    """
    low = min(float(ends[0]), read.low)
    high = max(float(ends[1]), read.high)
    wide = _round_outwards(low, high)
    scale = f"scale x, write `in {wide}` for the input in the spec"
    widen = f"{scale}, or import again with `--input-range {wide}`"
    if share > FEW:
        return widen
    clip = f"use `np.clip(x, {read.low:g}, {read.high:g})`"
    changes = f"which changes {100 * share:.2g} % of the values"
    return f"{clip}, {changes}; or {widen}"


def _round_outwards(low: float, high: float) -> str:
    """Return a range as in a spec, with at least two digits of its width."""
    width = max(high - low, abs(low), abs(high)) or 1.0
    digits = max(0, 1 - int(np.floor(np.log10(width))))
    scale = 10**digits
    start = np.floor(low * scale) / scale
    stop = np.ceil(high * scale) / scale
    return f"{start:.15g}..{stop:.15g}"


def _check_classes(y: Array, count: int, classes: int) -> NDArray[np.int64]:
    if y.shape != (count,):
        one_hot = y.shape == (count, classes)
        column = ": use y[:, 0]" if y.shape == (count, 1) else ""
        hint = ": use y.argmax(axis=1)" if one_hot else column
        raise DataError(f"y has shape {y.shape}, not ({count},){hint}")
    if y.dtype.kind not in "iu":
        whole = y.dtype.kind in "bf" and (y == np.rint(y)).all()
        hint = _NUMBERED if y.dtype.kind in "US" else ""
        hint = ": use y.astype(int)" if whole else hint
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            hint = ": it holds NaN or infinity; leave such examples out"
        raise DataError(f"y has type {y.dtype}, not integer{hint}")
    if y.min() < 0 or y.max() >= classes:
        extent = f"labels run from {y.min()} to {y.max()}"
        shift = int(y.min()) if y.max() - y.min() == classes - 1 else 0
        hint = {1: ": use y - 1", -1: ": use y + 1"}.get(shift, "")
        raise DataError(f"y: {extent}, not within 0..{classes - 1}{hint}")
    return np.asarray(y, np.int64)


def _check_targets(y: Array, count: int, units: int) -> NDArray[np.float32]:
    if y.shape != (count, units):
        column = y.shape == (count,) and units == 1
        hint = ": use y[:, np.newaxis]" if column else ""
        if y.ndim > 2 and prod(y.shape[1:]) == units:  # images
            hint = ": use y.reshape(len(y), -1)"
        raise DataError(f"y has shape {y.shape}, not ({count}, {units}){hint}")
    if y.dtype.kind not in "iuf":
        raise DataError(f"y has type {y.dtype}, not float")
    targets = np.asarray(y, np.float32)
    if not np.isfinite(targets).all():
        raise DataError("y holds values that are NaN or infinite as float32")
    return targets


def open_arrays(path: FileName, names: Sequence[str]) -> dict[str, Array]:
    """Open arrays by name; each must have at least one axis.

    Raises DataError if an array is missing or damaged, and OSError if the file
    can't be opened.
    """
    place = Path(path)
    arrays = {}
    if place.is_dir():
        arrays = {name: _load(place / f"{name}.npy") for name in names}
    elif place.exists() and not place.is_file():
        raise DataError(f"{place} is neither a file nor a folder")
    else:
        opened = _load(place)
        if isinstance(opened, np.ndarray):
            opened = {"x": opened}
        known = sorted(opened)
        for name in names:
            if name not in known:
                there = ", ".join(map(repr, known[:LISTED]))
                among = f", but {there}" if there else ""
                given = dict.fromkeys(("x", *names))
                each = ", ".join(f"{array}={array}" for array in given)
                advice = f'np.savez("data.npz", {each}) writes a file with it'
                missing = f"{place}: there is no {name}{among}"
                raise DataError(f"{missing}; {advice}")
            with _readable(place, name):
                arrays[name] = opened[name]
    for name, array in arrays.items():
        if not array.shape:
            single = "is a single number, not an array of examples"
            raise DataError(f"{place}: {name} {single}")
    return arrays


def _load(file: Path) -> Any:
    with _readable(file, file.stem):
        return np.load(file, mmap_mode="r", allow_pickle=False)


@contextmanager
def _readable(path: Path, name: str) -> Iterator[None]:
    """Report, in one line, which file NumPy can't read and why."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        said = str(error) or type(error).__name__
        reason = said.splitlines()[0].rstrip(".")
        advice = 'np.savez("data.npz", x=x, y=y) writes a file again'
        if "pickled" in reason:  # NumPy takes unknown files for pickles
            reason = "it is neither an .npz nor an .npy file"
        elif reason.startswith("Object arrays"):
            reason = f"{name} holds Python objects, not numbers"
            advice = f"use {name}.astype({'int' if name == 'y' else 'float'})"
        if path.suffix == ".safetensors":
            reason = "it holds weights"
            advice = "are data and weights swapped?"
        raise DataError(f"{path}: {reason}; {advice}") from error
