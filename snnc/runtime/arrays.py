# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Read arrays from an ``.npz`` file, an ``.npy`` file, or a folder of them.

``.npy`` files are memory-mapped, so they may be larger than memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LISTED = 5  # the most members of an archive that a message names

_LABELS = ": labels are numbered by np.unique(y, return_inverse=True)[1]"
AS_NUMBERS = {"U": _LABELS, "S": _LABELS, "b": ": use astype(int)"}
"""How to convert arrays of a kind to numbers; for messages."""


class DataError(ValueError):
    """Data that can't be read or used; names the file, array and cause."""


def open_arrays(
    path: str | PathLike[str],
    names: Sequence[str],
) -> tuple[dict[str, NDArray[Any]], str]:
    """Open arrays of an ``.npz`` file, or of a folder of ``.npy`` files.

    An ``.npy`` file is the array ``x``. Returns the arrays by name, and a text
    that changes when the file's content does. All arrays are numeric and have
    at least one axis.

    Raises DataError if an array is missing, damaged or not numeric, and
    OSError if the file can't be opened.
    """
    place = Path(path)
    if place.is_dir():
        arrays, identity = _of_folder(place, names)
    elif place.exists() and not place.is_file():
        raise DataError(f"{place} is neither a file nor a folder")
    else:
        arrays, identity = _of_file(place, names)
    for name, array in arrays.items():
        if array.dtype.kind not in "iuf":
            kind = f"has type {array.dtype}, not float or integer"
            hint = AS_NUMBERS.get(array.dtype.kind, "")
            raise DataError(f"{place}: {name} {kind}{hint}")
        if not array.shape:
            single = "is a single number, not an array of examples"
            raise DataError(f"{place}: {name} {single}")
    return arrays, identity


def _of_folder(
    folder: Path,
    names: Sequence[str],
) -> tuple[dict[str, NDArray[Any]], str]:
    arrays: dict[str, NDArray[Any]] = {}
    states = []
    for name in names:
        file = folder / f"{name}.npy"
        if not file.is_file():
            lacks = f"{folder}: the folder has no {name}.npy"
            raise DataError(f"{lacks}; np.save(path, {name}) writes it")
        with _naming(file):
            arrays[name] = np.load(file, mmap_mode="r", allow_pickle=False)
        states.append(_state(file))
    return arrays, "-".join(states)


def _of_file(
    path: Path,
    names: Sequence[str],
) -> tuple[dict[str, NDArray[Any]], str]:
    with _naming(path):
        opened = np.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(opened, np.ndarray):
        if tuple(names) != ("x",):
            advice = "np.savez(path, x=x, y=y) writes both"
            raise DataError(f"{path} is a single array; {advice}")
        return {"x": opened}, _state(path)
    arrays: dict[str, NDArray[Any]] = {}
    with opened:
        for name in names:
            if name not in opened.files:
                there = ", ".join(map(repr, sorted(opened.files)[:LISTED]))
                among = f", but {there}" if there else ""
                advice = f"np.savez(path, {name}={name}, ...) writes it"
                missing = f"{path}: there is no {name}{among}"
                raise DataError(f"{missing}; {advice}")
            with _naming(path):
                arrays[name] = opened[name]
        infos = [opened.zip.getinfo(f"{name}.npy") for name in names]
    return arrays, "-".join(f"{info.CRC:08x}" for info in infos)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Report in one line which file NumPy can't read, and why."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise _unreadable(path, error) from error
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    said = str(error) or type(error).__name__
    reason = said.splitlines()[0].rstrip(".")
    if not path.stat().st_size:
        reason = "it is empty"
    elif "pickled" in reason:  # NumPy takes every unknown file for a pickle
        reason = "it is neither an .npz nor an .npy file"
    advice = "np.savez(path, x=x, y=y) writes a file again"
    return DataError(f"{path}: {reason}; {advice}")


def _state(path: Path) -> str:
    state = os.stat(path)
    return f"{state.st_size}.{state.st_mtime_ns}"
