"""Examples of a file that may be larger than memory, by pieces."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from snnc.evaluate.refusals import FewLabelsError, UnreadableDataError, WrongDataError
from snnc.evaluate.subject import Subject

PIECE = 2**22  # bytes of examples that are handled together
MOST = 64  # examples of a piece at most


class Pieces(Protocol):
    """An array that gives slices of its first axis."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, part: slice, /) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples as float32, read when they are sliced, and their labels.

    ``identity`` changes when the file does.
    """

    path: Path
    identity: str
    x: Pieces
    y: NDArray[Any]
    count: int

    def __len__(self) -> int:
        return self.count

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.count, *self.x.shape[1:])

    @property
    def piece(self) -> int:
        """How many examples to handle together."""
        each = 4 * int(np.prod(self.x.shape[1:]))
        return max(1, min(MOST, PIECE // max(1, each)))

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        start, stop, _ = part.indices(self.count)
        return np.asarray(_read(self.path, self.x, start, stop), np.float32)


def open_examples(path: Path, limit: int | None) -> Examples:
    """Open an ``.npz`` file with ``x`` and ``y``, or a folder with both as ``.npy``.

    Raises
    ------
    UnreadableDataError
        If there is no such array in the file.
    FewLabelsError
        If there are not as many labels as examples.
    """
    arrays, identity = _folder(path) if path.is_dir() else _archive(path)
    x, y = arrays["x"], arrays["y"]
    if not x.shape or not y.shape or x.shape[0] != y.shape[0]:
        counts = [array.shape[0] if array.shape else 0 for array in (x, y)]
        raise FewLabelsError(path, *counts)
    if x.shape[0] == 0:
        raise UnreadableDataError(path, "it holds no examples")
    count = x.shape[0] if limit is None else min(limit, x.shape[0])
    return Examples(path, identity, x, _read(path, y, 0, count), count)


def check_examples(examples: Examples, subject: Subject) -> None:
    """Read all examples once and hold them to what the network reads.

    Raises
    ------
    WrongDataError
        If some do not fit.
    """
    size = examples.piece
    for start in range(0, len(examples), size):
        stop = min(start + size, len(examples))
        x = _read(examples.path, examples.x, start, stop)
        try:
            subject.data.checked(x, examples.y[start:stop])
        except subject.data.DataError as error:
            raise WrongDataError(examples.path, start, stop, error) from error


def _read(path: Path, array: Pieces, start: int, stop: int) -> NDArray[Any]:
    try:
        return array[start:stop]
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableDataError(path, error) from error


def _folder(path: Path) -> tuple[dict[str, Pieces], str]:
    arrays: dict[str, Pieces] = {}
    states = []
    for name in ("x", "y"):
        file = path / f"{name}.npy"
        if not file.is_file():
            raise UnreadableDataError(path, f"the folder has no {file.name}")
        try:
            arrays[name] = np.load(file, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise UnreadableDataError(file, error) from error
        states.append(f"{file.stat().st_size}.{file.stat().st_mtime_ns}")
    return arrays, "-".join(states)


def _archive(path: Path) -> tuple[dict[str, Pieces], str]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        advice = "it is no .npz file; np.savez(path, x=x, y=y) writes one"
        raise UnreadableDataError(path, advice) from error
    arrays = {name: _member(path, archive, name) for name in ("x", "y")}
    sums = [archive.getinfo(f"{name}.npy").CRC for name in arrays]
    return arrays, "-".join(f"{value:08x}" for value in sums)


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> Pieces:
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError as error:
        raise UnreadableDataError(path, f"{name} is missing") from error
    try:
        if info.compress_type == zipfile.ZIP_STORED:
            return _mapped(path, info)
        return Streamed(archive.open(info))
    except (ValueError, struct.error, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableDataError(path, f"{name}: {error}") from error


def _mapped(path: Path, info: zipfile.ZipInfo) -> NDArray[Any]:
    """Return the array of a member that is stored as it is.

    Before its bytes are 30 of a local header that ends with the lengths of a name and
    of an extra field, which follow (APPNOTE.TXT of PKWARE, 4.3.7).
    """
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        file.seek(sum(struct.unpack("<26x2H", file.read(30))), 1)
        shape, fortran, dtype = _header(file)
        if 0 in shape:
            return np.empty(shape, dtype)
        order = "F" if fortran else "C"
        return np.memmap(path, dtype, "r", file.tell(), shape, order)  # type: ignore[call-overload,no-any-return]


class Streamed:
    """An array in a compressed member; reading forwards does not begin anew."""

    def __init__(self, file: IO[bytes]) -> None:
        self.shape, fortran, self._dtype = _header(file)
        if fortran and len(self.shape) > 1:
            raise ValueError(
                "it is compressed and in Fortran's order, which can't be read by "
                "pieces; save np.ascontiguousarray of it"
            )
        self._file = file
        self._begin = file.tell()
        self._each = self._dtype.itemsize * int(np.prod(self.shape[1:]))

    def __getitem__(self, part: slice) -> NDArray[Any]:
        start, stop, _ = part.indices(self.shape[0])
        self._file.seek(self._begin + start * self._each)
        data = self._file.read((stop - start) * self._each)
        if len(data) != (stop - start) * self._each:
            raise EOFError(f"it ends before example {stop}")
        return np.frombuffer(data, self._dtype).reshape(-1, *self.shape[1:])


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(file)  # type: ignore[no-untyped-call]
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)  # type: ignore[no-untyped-call]
    if dtype.hasobject:
        raise ValueError("it holds Python objects in place of numbers")
    return shape, fortran, dtype
