"""Compare the spikes in a recording from a package's ``board.py`` with the engine's.

The engine is nengo-loihi's builder with the chip's integers, so a difference is a
property of the board (decision 036).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.exact import make_engine
from snnc.output.imported import CannotRunError, ImportedPackage, open_package
from snnc.runtime.data import open_data
from snnc.runtime.nengo.board import digest_of
from snnc.runtime.network import Network
from snnc.text.tables import counted

Bools = NDArray[np.bool_]
Spikes = Mapping[str, Bools]
"""The spikes of each layer: (examples, steps, neurons)."""
Step = tuple[int, int]
"""An example, and a step of this example."""


@dataclass(frozen=True, slots=True)
class BoardComparison:
    """The comparison of the spikes of a board and of the exact engine.

    ``layers`` are the recorded layers, and ``spikes`` is the engine's count.
    ``differing`` is the number of spikes in only one of the recordings, and ``first``
    describes the first such spike, if any.
    """

    layers: tuple[str, ...]
    examples: int
    steps: int
    spikes: int
    differing: int
    first: str | None

    @property
    def agrees(self) -> bool:
        """Whether the board fired exactly the spikes of the exact engine."""
        return self.first is None

    def __str__(self) -> str:
        spikes = f"{counted(self.spikes, 'spike')} of {', '.join(self.layers)}"
        compared = (
            f"{counted(self.examples, 'example')} of {self.steps} steps, {spikes}"
        )
        if self.first is None:
            return f"the board and the exact engine have the same spikes: {compared}"
        differ = f"the board and the exact engine differ in {self.differing} spikes"
        return f"{differ}: {compared}\n{self.first}"


def compare(
    package: Path, data: Path, weights: Path, recording: Path
) -> BoardComparison:
    """Compare a board's recording with the exact engine.

    Raise CannotRunError, `snnc.exact.CannotRunError` or `snnc.runtime.data.DataError`
    if package, data, weights and recording don't match; the message is for users.
    """
    opened = open_package(package)
    network = opened.network
    tensors = opened.layout.load(weights)
    examples = open_data(data, network, labelled=False)
    board = read_recording(recording, opened, examples[:])
    count = min(map(len, board.values()))
    with make_engine(opened, tensors) as engine:
        x = examples[:count]
        spikes = engine.run(x, "row", keep=("spikes",), threads=1).spikes
    fired = {name: board[name] for name in network.layers if name in board}
    shape = count, network.steps, -1
    exact: dict[str, Bools] = {n: spikes[n].reshape(shape) > 0 for n in fired}
    first = None
    differs = {name: fired[name] != exact[name] for name in fired}
    # Layers have different numbers of neurons, so compare them step by step.
    steps = np.any([each.any(axis=2) for each in differs.values()], axis=0)
    for example, step in np.argwhere(steps)[:1].tolist():
        first = _describe((example, step), fired, exact, network)
    total, differing = (
        sum(int(spikes.sum()) for spikes in layers.values())
        for layers in (exact, differs)
    )
    return BoardComparison(
        layers=tuple(fired),
        examples=count,
        steps=network.steps,
        spikes=total,
        differing=differing,
        first=first,
    )


def _describe(place: Step, board: Spikes, exact: Spikes, network: Network) -> str:
    """Describe the first spike on only the board or only the exact engine.

    A neuron of a max pool has an index, and not a position in the layer's shape.
    """
    differing = {each: board[each][place] != exact[each][place] for each in board}
    name = next(each for each, differs in differing.items() if differs.any())
    number = int(differing[name].argmax())  # the first neuron that differs
    layer = network.layers[name]
    neuron = str(number)
    if layer.pool is None:
        position = np.unravel_index(number, layer.shape)
        neuron = ", ".join(str(index) for index in position)
    who = "the board" if board[name][place][number] else "the exact engine"
    example, step = place
    spike = f"a spike of neuron ({neuron}) of {name}"
    return f"first difference: example {example}, step {step}: only {who} has {spike}"


def read_recording(
    path: Path, package: ImportedPackage, x: NDArray[np.float32]
) -> dict[str, Bools]:
    """Return the spikes (examples, steps, neurons) of some layers on a board.

    Raise CannotRunError if the file is truncated or not a recording of this package,
    these data, and this number of steps.
    """
    # NumPy raises any of these errors for a damaged file.
    try:
        recording = _read_arrays(path)
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        problem = "is truncated, or `board.py` did not write this file"
        raise CannotRunError(f"{path} {problem}: run `board.py` again") from None
    network = package.network
    if recording.layout_id != package.layout.id:
        raise CannotRunError(f"{path} is from another package (layout_id differs)")
    if recording.steps != network.steps:
        steps = f"{recording.steps} steps per example"
        has = f"{steps}, but the package has {network.steps}"
        raise CannotRunError(f"{path} has {has}: build the package that ran")
    if recording.data_sha256 != digest_of(x):
        advice = "name the data file that the board read (data_sha256 differs)"
        raise CannotRunError(f"{path} is from other data: {advice}")
    spikes = {}
    for name, (bits, count) in recording.layers.items():
        layer = network.layers.get(name)
        shape = network.steps, -(-count // 8)
        if layer is None or layer.neurons != count or bits.shape[1:] != shape:
            problem = f"spikes of {name} that do not fit this layer"
            raise CannotRunError(f"{path} has {problem}")
        spikes[name] = np.unpackbits(bits, axis=-1, count=count).astype(bool)
    if not min(map(len, spikes.values())):
        raise CannotRunError(f"{path} has no examples")
    return spikes


@dataclass(frozen=True, slots=True)
class _Recording:
    """The contents of a recording.

    ``layers`` contains the spikes, eight to a byte, and the neurons of each layer.
    """

    layout_id: str
    data_sha256: str
    steps: int
    layers: dict[str, tuple[NDArray[np.uint8], int]]


def _read_arrays(path: Path) -> _Recording:
    # A pickle in a file could run any code.
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    # The arrays of the output layer have no suffix.
    suffixes = {str(arrays["layer"]): ""}
    for name in arrays:
        if name.startswith("spikes."):
            layer = name.removeprefix("spikes.")
            suffixes[layer] = f".{layer}"
    return _Recording(
        layout_id=arrays["layout_id"].item(),
        data_sha256=arrays["data_sha256"].item(),
        steps=arrays["steps"].item(),
        layers={
            layer: (arrays[f"spikes{suffix}"], int(arrays[f"neurons{suffix}"]))
            for layer, suffix in suffixes.items()
        },
    )
