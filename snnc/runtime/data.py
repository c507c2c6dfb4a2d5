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
    if x.dtype.kind not in "iuf":
        hint = ": use x.astype(float)" if x.dtype.kind in "bUS" else ""
        raise DataError(f"x has type {x.dtype}, not float or integer{hint}")
    read, readout = network.input, network.readout
    shape = read.shape
    if x.shape[1:] != shape or not x.shape:
        hint = _reshape_hint(x.shape[1:], shape) if x.shape else ""
        hint = ": use x[np.newaxis]" if x.shape == shape else hint
        wanted = f"(examples, {', '.join(map(str, shape))})"
        raise DataError(f"x has shape {x.shape}, not {wanted}{hint}")
    if x.shape[0] == 0:
        raise DataError("x holds no examples")
    rows = sample_indices(len(x), limit, seed)
    warning = range_warning(*_checked_range(x, rows, read), read)
    if y is not None:
        if y.shape and len(y) != len(x):
            counts = f"x has {len(x)} examples, y has {len(y)}"
            raise DataError(f"{counts}: write as many of both")
        check = _check_classes if readout.classes else _check_targets
        y = check(y[rows] if y.shape else y, len(rows), readout.units)
    return Examples(x, rows, y, warning)


def range_warning(least: float, most: float, read: Input) -> str | None:
    """Warn if values in ``least`` to ``most`` use little of the input range.

    They do if they span less than 2 % of it, or if it spans at least 16 and
    the values are within 1 of 0, such as images in 0..1 for a spec with
    0..255. Otherwise, return None.
    """
    extent, highest = read.high - read.low, max(-least, most)
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
    outside = ~((part >= read.low) & (part <= read.high))
    row, *rest = np.unravel_index(int(outside.argmax()), outside.shape)
    value, count = part[(row, *rest)], int(outside.sum())
    first = f"{value} at {(int(ordered[row]), *map(int, rest))}"
    many = "this value" if count == 1 else f"{count} such values"
    if not np.isfinite(value):
        advice = "leave such examples out, or replace the values"
        raise DataError(f"x: {first} is not finite ({many}): {advice}")
    message = f"{first} is outside {read.low}..{read.high} ({many})"
    imported = "import again with `--input-range`"
    advice = f"scale x, widen the spec's input, or {imported}"
    raise DataError(f"x: {message}: {advice}")


def _check_classes(y: Array, count: int, classes: int) -> NDArray[np.int64]:
    if y.shape != (count,):
        one_hot = y.shape == (count, classes)
        column = ": use y[:, 0]" if y.shape == (count, 1) else ""
        hint = ": use y.argmax(axis=1)" if one_hot else column
        raise DataError(f"y has shape {y.shape}, not ({count},){hint}")
    if y.dtype.kind not in "iu":
        whole = y.dtype.kind in "bf" and (y == np.rint(y)).all()
        numbered = _NUMBERED if y.dtype.kind in "US" else ""
        hint = ": use y.astype(int)" if whole else numbered
        raise DataError(f"y has type {y.dtype}, not integer{hint}")
    if y.min() < 0 or y.max() >= classes:
        extent = f"labels run from {y.min()} to {y.max()}"
        hint = ": use y - 1" if (y.min(), y.max()) == (1, classes) else ""
        raise DataError(f"y: {extent}, not within 0..{classes - 1}{hint}")
    return np.asarray(y, np.int64)


def _check_targets(y: Array, count: int, units: int) -> NDArray[np.float32]:
    if y.shape != (count, units):
        column = y.shape == (count,) and units == 1
        hint = ": use y[:, np.newaxis]" if column else ""
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
    place, arrays = Path(path), {}
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
                advice = f"np.savez(path, {name}={name}, ...) writes it"
                missing = f"{place}: there is no {name}{among}"
                raise DataError(f"{missing}; {advice}")
            with _readable(place):
                arrays[name] = opened[name]
    for name, array in arrays.items():
        if not array.shape:
            single = "is a single number, not an array of examples"
            raise DataError(f"{place}: {name} {single}")
    return arrays


def _load(file: Path) -> Any:
    with _readable(file):
        return np.load(file, mmap_mode="r", allow_pickle=False)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Report, in one line, which file NumPy can't read and why."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        said = str(error) or type(error).__name__
        reason = said.splitlines()[0].rstrip(".")
        if "pickled" in reason:  # NumPy takes unknown files for pickles
            reason = "it is neither an .npz nor an .npy file"
        advice = "np.savez(path, x=x, y=y) writes a file again"
        raise DataError(f"{path}: {reason}; {advice}") from error
