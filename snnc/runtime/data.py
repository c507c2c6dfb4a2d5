# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Read examples, check that a network accepts them, and serve them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import DataError, open_arrays
from .examples import drawn
from .network import Network

CHUNK_BYTES = 2**22  # bytes of examples to handle at once
CHUNK_EXAMPLES = 64  # the most examples to handle at once
NARROW = 0.02  # the share of an input range that values should fill
WIDE = 16  # the width from which a range is not meant for values in 0..1

__all__ = [
    "DataError",
    "DataSpec",
    "Inputs",
    "check_input",
    "load_input",
    "narrow",
    "open_input",
    "select_input",
]


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

    @property
    def batch(self) -> str:
        """The shape of a batch, as text."""
        return f"(examples, {', '.join(map(str, self.shape))})"


@dataclass(frozen=True)
class Inputs:
    """Checked examples that are read when they are sliced.

    ``rows`` are their positions in ``x``, in the order of presentation.
    ``identity`` changes when the file's content does. ``warning`` is set if
    ``x`` hardly fills the network's input range.
    """

    identity: str
    x: NDArray[Any]
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

    @property
    def chunk_size(self) -> int:
        """The number of examples to handle at once."""
        return _chunk_size(self.x)


def open_input(
    path: str | PathLike[str],
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Inputs:
    """Open ``x`` of a file or folder, which needs no ``y``.

    Chooses examples as `select` does. Raises DataError, which names the file,
    if they can't be read or the network does not accept them.
    """
    arrays, identity = open_arrays(path, ("x",))
    try:
        chosen = select_input(arrays["x"], spec, limit, seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return replace(chosen, identity=identity)


def select_input(
    x: NDArray[Any],
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Inputs:
    """Return the examples to present, chosen as `select` does."""
    _check_shape(x, spec)
    rows = drawn(len(x), limit, seed)
    warning = narrow(*_check_values(x, rows, spec), spec)
    return Inputs("", x, rows, warning)


def narrow(least: float, most: float, spec: DataSpec) -> str | None:
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


def load_input(path: str | PathLike[str], spec: DataSpec) -> NDArray[Any]:
    """Return ``x`` of a file as `check_input` does.

    Raises DataError as `open_input` does.
    """
    return open_input(path, spec)[:]


def check_input(x: Any, spec: DataSpec) -> NDArray[Any]:
    """Return ``x``, (examples, *shape), as float32.

    Raises DataError if ``x`` is empty or its shape, type or range are not
    those of ``spec``.
    """
    x = np.asarray(x)
    select_input(x, spec)
    return np.asarray(x, np.float32)


def _chunk_size(x: NDArray[Any]) -> int:
    each = 4 * prod(x.shape[1:])
    return max(1, min(CHUNK_EXAMPLES, CHUNK_BYTES // max(1, each)))


def _check_shape(x: NDArray[Any], spec: DataSpec) -> None:
    if x.shape[1:] != spec.shape or not x.shape:
        hint = _reshaped(x.shape[1:], spec.shape) if x.shape else ""
        raise DataError(f"x has shape {x.shape}, not {spec.batch}{hint}")
    if x.dtype.kind not in "iuf":
        raise DataError(f"x has type {x.dtype}, not float or integer")
    if x.shape[0] == 0:
        raise DataError("x holds no examples")


def _reshaped(given: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Return the code that reshapes examples, if only the axes differ."""
    if (*given, 1) == shape:
        return ": use x[..., np.newaxis]"
    if given == (shape[-1], *shape[:-1]):
        return ": use np.moveaxis(x, 1, -1)"
    if prod(given) == prod(shape):
        return f": use x.reshape({', '.join(map(str, (-1, *shape)))})"
    return ""


def _check_values(
    x: NDArray[Any],
    rows: NDArray[np.int64],
    spec: DataSpec,
) -> tuple[float, float]:
    """Check some examples, in file order.

    Returns their lowest and highest value.
    """
    first, is_finite, count = "", True, 0
    least, most = spec.high, spec.low
    size = _chunk_size(x)
    ordered = np.sort(rows)
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        values = x[part]
        outside = ~((values >= spec.low) & (values <= spec.high))
        if not first and outside.any():
            place = np.unravel_index(int(outside.argmax()), outside.shape)
            row, *rest = map(int, place)
            first = f"{values[place]} at {(int(part[row]), *rest)}"
            is_finite = bool(np.isfinite(values[place]))
        count += int(outside.sum())
        least = min(least, float(values.min()))
        most = max(most, float(values.max()))
    if first:
        many = "this value" if count == 1 else f"{count} such values"
        if not is_finite:
            advice = "leave such examples out, or replace the values"
            raise DataError(f"x: {first} is not finite ({many}): {advice}")
        message = f"{first} is outside {spec.low}..{spec.high} ({many})"
        raise DataError(f"x: {message}: scale x, or widen the spec's input")
    return least, most
