"""Compare a board with the exact engine, and find the likely cause of differences."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.exact import make_engine
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.data import open_data
from snnc.runtime.nengo.board import digest_of
from snnc.runtime.network import Network
from snnc.text.tables import counted
from snnc.tools.board.causes import (
    Bools,
    Cause,
    Replay,
    Spikes,
    Step,
    find_cause,
)
from snnc.tools.opening import RefusedRunError


@dataclass(frozen=True, slots=True)
class SpikeDifference:
    """The first spike on only the board or only the exact engine.

    ``neuron`` is the neuron's position in the layer's shape, or its index in a max
    pool. ``on_board`` is set if this is a spike on the board.
    """

    example: int
    step: int
    layer: str
    neuron: tuple[int, ...]
    on_board: bool

    def __str__(self) -> str:
        place = ", ".join(map(str, self.neuron))
        who = "the board" if self.on_board else "the exact engine"
        return (
            f"first difference: example {self.example}, step {self.step}: only {who} "
            f"has a spike of neuron ({place}) of {self.layer}"
        )


@dataclass(frozen=True, slots=True)
class BoardComparison:
    """The comparison of the spikes of a board and of the exact engine.

    Attributes
    ----------
    layers
        The recorded layers.
    examples, steps
        The number of compared examples, and the number of steps per example.
    spikes
        The engine's spikes in these examples.
    differing
        The number of spikes in only one of the two recordings.
    first, cause
        The first such spike, and the failure that explains most of these spikes; None
        without differences.
    """

    layers: tuple[str, ...]
    examples: int
    steps: int
    spikes: int
    differing: int
    first: SpikeDifference | None
    cause: Cause | None

    @property
    def agrees(self) -> bool:
        """Whether all spikes of the board and the exact engine are equal."""
        return self.first is None

    def __str__(self) -> str:
        compared = (
            f"{counted(self.examples, 'example')} of {self.steps} steps, "
            f"{counted(self.spikes, 'spike')} of {', '.join(self.layers)}"
        )
        if self.first is None:
            return f"the board and the exact engine have the same spikes: {compared}"
        cause = self.cause or "none of the known failures of boards"
        return (
            f"the board and the exact engine differ in {self.differing} spikes: "
            f"{compared}\n{self.first}\nlikely cause: {cause}"
        )


def compare(
    package: Path, data: Path, weights: Path, recording: Path
) -> BoardComparison:
    """Compare a board's recording with the exact engine.

    Raises
    ------
    RefusedRunError, snnc.exact.CannotRunError, snnc.runtime.data.DataError
        If package, data, weights and recording don't match; the message is for users.
    """
    opened = open_package(package)
    network, tensors = opened.network, opened.layout.load(weights)
    examples = open_data(data, network, labelled=False)
    board = read_recording(recording, opened, examples[:])
    count = min(map(len, board.values()))
    with make_engine(opened, tensors) as engine:
        x = examples[:count]
        spikes = engine.run(x, "row", keep=("spikes",), threads=1).spikes
        circuit = engine.circuit
        replay = None if circuit is None else Replay.of(circuit, spikes)
    fired = {name: board[name] for name in network.layers if name in board}
    shape = count, network.steps, -1
    exact: dict[str, Bools] = {n: spikes[n].reshape(shape) > 0 for n in fired}
    first, cause = None, None
    differs = [(fired[name] != exact[name]).any(axis=2) for name in fired]
    for example, step in np.argwhere(np.any(differs, axis=0))[:1].tolist():
        first = _describe((example, step), fired, exact, network)
        cause = find_cause(fired, exact, (example, step), network, replay)
    return BoardComparison(
        tuple(fired),
        count,
        network.steps,
        sum(int(train.sum()) for train in exact.values()),
        sum(int((fired[name] != exact[name]).sum()) for name in fired),
        first,
        cause,
    )


def _describe(
    place: Step, board: Spikes, exact: Spikes, network: Network
) -> SpikeDifference:
    name = next(n for n in board if (board[n][place] != exact[n][place]).any())
    one, other = board[name][place], exact[name][place]
    number = int(np.flatnonzero(one != other)[0])
    layer = network.layers[name]
    neuron: tuple[int, ...] = (number,)
    if layer.pool is None:
        neuron = tuple(int(i) for i in np.unravel_index(number, layer.shape))
    return SpikeDifference(*place, name, neuron, bool(one[number]))


def read_recording(
    path: Path, package: ImportedPackage, x: NDArray[np.float32]
) -> dict[str, Bools]:
    """Return the spikes (examples, steps, neurons) of some layers on a board.

    Raises
    ------
    RefusedRunError
        If the file is truncated or is not a recording, or belongs to another package,
        other data or another number of steps.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        last = str(arrays["layer"])
        names = [n.removeprefix("spikes.") for n in arrays if n.startswith("spikes.")]
        keys = {last: "", **{name: f".{name}" for name in names}}
        packed = {name: arrays[f"spikes{key}"] for name, key in keys.items()}
        counts = {name: int(arrays[f"neurons{key}"]) for name, key in keys.items()}
        layout, data = arrays["layout_id"].item(), arrays["data_sha256"].item()
        steps = arrays["steps"].item()
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        raise RefusedRunError(
            f"{path} is truncated, or `board.py` did not write this file: run "
            "`board.py` again"
        ) from None
    network = package.network
    if layout != package.layout.id:
        raise RefusedRunError(f"{path} is from another package (layout_id differs)")
    if steps != network.steps:
        raise RefusedRunError(
            f"{path} has {steps} steps per example, but the package has "
            f"{network.steps}: build the package that ran"
        )
    if data != digest_of(x):
        raise RefusedRunError(
            f"{path} is from other data: name the data file that the board read "
            "(data_sha256 differs)"
        )
    spikes = {}
    for name, bits in packed.items():
        layer = network.layers.get(name)
        shape = (network.steps, -(-counts[name] // 8))
        if layer is None or layer.neurons != counts[name] or bits.shape[1:] != shape:
            raise RefusedRunError(
                f"{path} has spikes of {name} that do not fit this layer"
            )
        spikes[name] = np.unpackbits(bits, axis=-1, count=counts[name]).astype(bool)
    if not min(map(len, spikes.values())):
        raise RefusedRunError(f"{path} has no examples")
    return spikes
