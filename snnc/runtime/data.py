# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Read examples, and check that a network accepts them.

They are arrays in an ``.npz`` file, in a folder of ``.npy`` files, or in one
``.npy`` file, the array ``x``. ``.npy`` files are memory-mapped, so they may
be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .examples import Array, sample_indices
from .files import UserError
from .network import Network

if TYPE_CHECKING:
    from .layout import FileName

NARROW = 0.02  # the share of an input range that values should fill
WIDE = 16  # the width from which a range is not meant for values in 0..1
LISTED = 5  # the most members of an archive that a message names


class DataError(UserError, ValueError):
    """Data that can't be read or used; names the file, array and cause."""


@dataclass(frozen=True)
class DataSpec:
    """The examples that a network accepts.

    ``shape`` is the shape of one example, and ``low`` to ``high`` the range of
    its values. If ``classifies``, labels are integers below ``units``;
    otherwise an example has ``units`` targets.
    """

    shape: tuple[int, ...]
    low: float
    high: float
    units: int
    classifies: bool

    @classmethod
    def of(cls, network: Network) -> DataSpec:
        """Return the examples that ``network`` accepts."""
        read, readout = network.input, network.readout
        bounds = read.low, read.high
        return cls(read.shape, *bounds, readout.units, readout.classes)


@dataclass(frozen=True)
class Inputs:
    """Checked examples that are read when they are sliced.

    ``rows`` are their positions in ``x``, in the order of presentation.
    ``warning`` is set if ``x`` hardly fills the network's input range.
    """

    x: Array
    rows: NDArray[np.int64]
    warning: str | None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.rows)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        """Return a slice of the examples, (examples, *shape)."""
        return np.asarray(self.x[self.rows[part]], np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """(examples, *shape)."""
        return (len(self), *self.x.shape[1:])


def open_input(path: FileName, spec: DataSpec) -> Inputs:
    """Open ``x`` of a file or folder, which needs no ``y``.

    Raises DataError, which names the file, if it can't be read or the network
    does not accept it.
    """
    x = open_arrays(path, ("x",))["x"]
    with naming(path):
        return select_input(x, spec)


def select_input(
    x: Array,
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Inputs:
    """Return the examples to present, chosen by `examples.sample_indices`.

    Raises DataError if ``x`` is empty, or if its shape, type or range do not
    fit ``spec``.
    """
    if x.dtype.kind not in "iuf":
        hint = ": use x.astype(float)" if x.dtype.kind in "bUS" else ""
        raise DataError(f"x has type {x.dtype}, not float or integer{hint}")
    if x.shape[1:] != spec.shape or not x.shape:
        hint = _reshape_hint(x.shape[1:], spec.shape) if x.shape else ""
        wanted = f"(examples, {', '.join(map(str, spec.shape))})"
        raise DataError(f"x has shape {x.shape}, not {wanted}{hint}")
    if x.shape[0] == 0:
        raise DataError("x holds no examples")
    rows = sample_indices(len(x), limit, seed)
    warning = range_warning(*_checked_range(x, rows, spec), spec)
    return Inputs(x, rows, warning)


def check_input(x: Any, spec: DataSpec) -> NDArray[np.float32]:
    """Return ``x``, (examples, *shape), as float32.

    Raises DataError as `select_input` does.
    """
    x = np.asarray(x)
    select_input(x, spec)
    return np.asarray(x, np.float32)


def range_warning(least: float, most: float, spec: DataSpec) -> str | None:
    """Say if values in ``least`` to ``most`` hardly fill the input range.

    They do if they span less than 2 % of it, or if the range is 16 or more
    wide and they are within 1 of 0, as images in 0..1 are for a spec that says
    0..255. None if they fill it.
    """
    extent, highest = spec.high - spec.low, max(-least, most)
    if highest >= NARROW * extent and (highest > 1 or extent < WIDE):
        return None
    found = f"{least:.4g}..{most:.4g}"
    wanted = f"the spec's {spec.low:g}..{spec.high:g}"
    advice = "scale x, or narrow the spec's input"
    return f"x is within {found}, a small part of {wanted}: {advice}"


def _reshape_hint(given: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Return the code that reshapes examples, if only the axes differ."""
    if (*given, 1) == shape:
        return ": use x[..., np.newaxis]"
    if given == (shape[-1], *shape[:-1]):
        return ": use np.moveaxis(x, 1, -1)"
    if prod(given) == prod(shape):
        return f": use x.reshape({', '.join(map(str, (-1, *shape)))})"
    return ""


def _checked_range(
    x: Array,
    rows: Array,
    spec: DataSpec,
) -> tuple[float, float]:
    """Return the lowest and highest value of some examples."""
    ordered = np.sort(rows)
    part = x if len(ordered) == len(x) else x[ordered]
    ends = np.stack([part.min(), part.max()])  # an array, as its type decides
    if ((ends >= spec.low) & (ends <= spec.high)).all():
        return float(ends[0]), float(ends[1])
    outside = ~((part >= spec.low) & (part <= spec.high))
    row, *rest = np.unravel_index(int(outside.argmax()), outside.shape)
    value, count = part[(row, *rest)], int(outside.sum())
    first = f"{value} at {(int(ordered[row]), *map(int, rest))}"
    many = "this value" if count == 1 else f"{count} such values"
    if not np.isfinite(value):
        advice = "leave such examples out, or replace the values"
        raise DataError(f"x: {first} is not finite ({many}): {advice}")
    message = f"{first} is outside {spec.low}..{spec.high} ({many})"
    raise DataError(f"x: {message}: scale x, or widen the spec's input")


def open_arrays(path: FileName, names: Sequence[str]) -> dict[str, Array]:
    """Open arrays by name, all with at least one axis.

    Raises DataError if an array is missing or damaged, and OSError if the file
    can't be opened.
    """
    place = Path(path)
    if place.is_dir():
        arrays = {}
        for name in names:
            file = place / f"{name}.npy"
            if not file.is_file():
                lacks = f"{place}: the folder has no {name}.npy"
                raise DataError(f"{lacks}; np.save(path, {name}) writes it")
            with _readable(file):
                arrays[name] = np.load(file, "r", allow_pickle=False)
    elif place.exists() and not place.is_file():
        raise DataError(f"{place} is neither a file nor a folder")
    else:
        arrays = _of_file(place, names)
    for name, array in arrays.items():
        if not array.shape:
            single = "is a single number, not an array of examples"
            raise DataError(f"{place}: {name} {single}")
    return arrays


@contextmanager
def naming(path: FileName) -> Iterator[None]:
    """Name a file in errors about its arrays."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _of_file(path: Path, names: Sequence[str]) -> dict[str, Array]:
    with _readable(path):
        opened = np.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(opened, np.ndarray):
        if tuple(names) != ("x",):
            advice = "np.savez(path, x=x, y=y) writes both"
            raise DataError(f"{path} is a single array; {advice}")
        return {"x": opened}
    arrays: dict[str, Array] = {}
    with opened:
        for name in names:
            if name not in opened.files:
                there = ", ".join(map(repr, sorted(opened.files)[:LISTED]))
                among = f", but {there}" if there else ""
                advice = f"np.savez(path, {name}={name}, ...) writes it"
                missing = f"{path}: there is no {name}{among}"
                raise DataError(f"{missing}; {advice}")
            with _readable(path):
                arrays[name] = opened[name]
    return arrays


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Report in one line which file NumPy can't read, and why."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        said = str(error) or type(error).__name__
        reason = said.splitlines()[0].rstrip(".")
        if not path.stat().st_size:
            reason = "it is empty"
        elif "pickled" in reason:  # NumPy takes unknown files for pickles
            reason = "it is neither an .npz nor an .npy file"
        advice = "np.savez(path, x=x, y=y) writes a file again"
        raise DataError(f"{path}: {reason}; {advice}") from error
