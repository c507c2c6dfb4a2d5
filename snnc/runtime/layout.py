# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The weight layout of a network, and safetensors files in this layout."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .examples import Array
from .files import UserError, write_file

if TYPE_CHECKING:
    from typing import TypeAlias

BIAS = ("out",)
BIAS1D = ("length", "out")
BIAS2D = ("height", "width", "out")
BIAS3D = ("depth", "height", "width", "out")
DENSE = ("in", "out")
CONV1D = ("length", "in", "out")
CONV2D = ("height", "width", "in", "out")
CONV3D = ("depth", "height", "width", "in", "out")
DEPTHWISE1D = ("length", "in", "multiplier")
DEPTHWISE2D = ("height", "width", "in", "multiplier")
DEPTHWISE3D = ("depth", "height", "width", "in", "multiplier")
TRANSPOSED2D = ("height", "width", "out", "in")

FileName: TypeAlias = "str | PathLike[str]"
Tensors: TypeAlias = "dict[str, NDArray[np.float32]]"
Weights: TypeAlias = "FileName | Mapping[str, Array]"
# Where weights come from that this network's training did not make.
Source = Literal["imported"]

# Suffixes of other formats, which weights may not be written with.
OTHERS = ".h5 .hdf5 .keras .nir .npy .npz .onnx .pb .pkl .pt .pth .tflite"


class LayoutError(UserError, ValueError):
    """Raised for weights with another layout; names the file and tensor."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of the layout: its name, shape, axis names and type.

    ``zeros`` is set if all values are 0, as in the bias of a layer without
    bias.
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    dtype: str = "float32"
    zeros: bool = False

    @property
    def is_transposed(self) -> bool:
        """Whether the input channels are on the last axis."""
        return self.axes[-1] == "in"


@dataclass(frozen=True)
class Layout:
    """All tensors of a network, in Keras order, with batch norm folded in."""

    id: str
    tensors: tuple[Tensor, ...]
    scale: str = "x"  # what the first tensors read of an input value x

    def load(self, weights: Weights) -> Tensors:
        """Return the tensors of a safetensors file, or of a mapping, by name.

        Raises LayoutError if a file is truncated, is not a safetensors file,
        or is for another scale of the input, or if a tensor is missing,
        unknown, not finite, or has another shape or type.
        """
        if isinstance(weights, Mapping):
            self.check(weights, "weights")
            return dict(weights)
        if os.path.isdir(weights):
            raise LayoutError(f"{weights}: a folder, not a safetensors file")
        try:
            with safe_open(os.fspath(weights), framework="numpy") as file:
                return self._read_all(weights, file)
        except SafetensorError as error:
            reason = f"not a safetensors file, or cut short ({error})"
            if str(weights).endswith((".keras", ".h5")):
                convert = "`snnc import --weights-out` converts its weights"
                reason = f"a Keras file: {convert}"
            elif str(weights).endswith((".npz", ".npy")):
                reason = "examples, not weights: are data and weights swapped?"
            raise LayoutError(f"{weights}: {reason}") from error

    def save(
        self,
        path: FileName,
        tensors: Mapping[str, Array],
        source: Source | None = None,
        smooth_sha256: str | None = None,
    ) -> None:
        """Write all tensors to a safetensors file, completely or not at all.

        The metadata contain the ``source``, and the hash of the weight file
        from before the phase `spikes`. Raises LayoutError if a tensor is
        missing, unknown, not finite, or has another shape or type.
        """
        self.check(tensors, path)
        names = [tensor.name for tensor in self.tensors]
        ordered = {name: np.ascontiguousarray(tensors[name]) for name in names}
        metadata = {"layout_id": self.id, "input_scale": self.scale}
        known = {"source": source, "smooth_sha256": smooth_sha256}
        metadata.update((n, text) for n, text in known.items() if text)
        write_file(path, _in_order(save(ordered, metadata=metadata)))

    def check(self, tensors: Mapping[str, Array], source: object) -> None:
        """Raise LayoutError, naming ``source``, unless all tensors fit."""
        present = {n: (t.shape, t.dtype.name) for n, t in tensors.items()}
        _refuse(source, self._mismatches(present))
        _refuse(source, self._wrong_values(tensors))

    def _read_all(self, path: object, file: Any) -> Tensors:
        """Read all tensors; ignore the file's metadata."""
        names = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
        present = {}
        for name in file.keys():  # noqa: SIM118
            view = file.get_slice(name)
            dtype = view.get_dtype()
            present[name] = tuple(view.get_shape()), names.get(dtype, dtype)
        mismatches = list(self._mismatches(present))
        metadata = file.metadata() or {}
        written = metadata.get("layout_id")
        if written != self.id:
            reason = f"layout_id is {written}, not {self.id}"
            if not mismatches:
                reason = f"{reason}, though names and shapes agree"
            mismatches.insert(0, f"written for another layout: {reason}")
        scale = metadata.get("input_scale", self.scale)
        if scale != self.scale:
            read = f"it reads an input value x as {scale}, not {self.scale}"
            mismatches.append(f"{read}: write the `in` and `as` of its spec")
        if written not in (None, self.id):
            other = "name this network's weights or, if its spec changed, run"
            specs = "OLD_SPEC NEW_SPEC -o FILE"
            command = f"snnc weights {path} --migrate {specs}"
            mismatches.append(f"{other} `{command}`")
        _refuse(path, mismatches)
        tensors = {t.name: file.get_tensor(t.name) for t in self.tensors}
        _refuse(path, self._wrong_values(tensors))
        return tensors

    def _wrong_values(self, tensors: Mapping[str, Array]) -> Iterator[str]:
        for name, tensor in tensors.items():
            nan = np.count_nonzero(np.isnan(tensor))
            infinite = np.count_nonzero(np.isinf(tensor))
            if nan or infinite:
                counts = f"{nan} NaN and {infinite} infinite values"
                yield f"{name} holds {counts} among its {tensor.size}"
        for own in self.tensors:
            if own.zeros and tensors[own.name].any():
                layer = own.name.rpartition(".")[0]
                yield f"{layer} has no bias, but {own.name} is not 0"

    def _mismatches(
        self,
        present: Mapping[str, tuple[tuple[int, ...], str]],
    ) -> Iterator[str]:
        """Describe the shapes and types that differ, tensor by tensor."""
        for tensor in self.tensors:
            if tensor.name not in present:
                yield f"{tensor.name} is missing"
                continue
            shape, dtype = present[tensor.name]
            if shape != tensor.shape:
                yield f"{tensor.name} has shape {shape}, not {tensor.shape}"
            if dtype != tensor.dtype:
                convert = f'convert it with .astype("{tensor.dtype}")'
                wanted = f"not {tensor.dtype}: {convert}"
                yield f"{tensor.name} is {dtype}, {wanted}"
        for name in sorted(present.keys() - {t.name for t in self.tensors}):
            yield f"{name} is not a tensor of this layout"


def progress_path(path: FileName) -> Path:
    """Return the path of the state of a training that writes the weights."""
    return Path(f"{os.fspath(path)}.progress.npz")


def smooth_path(path: FileName) -> Path:
    """Return the path of the weights from before the phase `spikes`.

    For ``w.safetensors``, this is ``w.smooth.safetensors``.
    """
    return _path_beside(path, "smooth")


def best_path(path: FileName) -> Path:
    """Return the path of the best weights of an interrupted training."""
    return _path_beside(path, "best")


def _path_beside(path: FileName, kind: str) -> Path:
    target = Path(path)
    whole, suffix = os.path.splitext(target.name)
    stem = whole if suffix == ".safetensors" else target.name
    return target.with_name(f"{stem}.{kind}.safetensors")


def smooth_hash(path: FileName) -> str:
    """Return the SHA-256 of the file at `smooth_path`."""
    return hashlib.sha256(smooth_path(path).read_bytes()).hexdigest()


def check_writable(path: FileName) -> None:
    """Raise OSError, naming the file, unless it can be written.

    Raises LayoutError if its suffix belongs to another format.
    """
    target = Path(path)
    if target.suffix.lower() in OTHERS.split():
        name = target.with_suffix(".safetensors")
        raise LayoutError(f"{target}: weights are safetensors: write {name}")
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder, not a file to write")
    try:
        TemporaryFile(dir=target.parent).close()
    except OSError as error:
        reason = f"{target} can't be written: {error.strerror}"
        raise OSError(reason) from error


def _in_order(file: bytes) -> bytes:
    """Sort a file's metadata, which the library shuffles in each file."""
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    dense = (",", ":")
    text = json.dumps(header, separators=dense, ensure_ascii=False)
    return file[:8] + text.encode().ljust(size) + file[8 + size :]


def _refuse(path: object, problems: Iterable[str]) -> None:
    if lines := list(problems):
        raise LayoutError(f"{path}: " + "\n  ".join(lines))
