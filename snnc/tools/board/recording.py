"""Read a recording from a package's ``board.py``: the spikes on a board by step."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.output.imported import ImportedPackage
from snnc.runtime.nengo.board import digest_of
from snnc.tools.evaluate.options import RefusedRunError

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Recording:
    """The spikes of some layers on a board, each (examples, steps, neurons)."""

    spikes: Mapping[str, Bools]

    @property
    def examples(self) -> int:
        """The number of recorded examples."""
        return min(map(len, self.spikes.values()))


def read_recording(
    path: Path, package: ImportedPackage, x: NDArray[np.float32]
) -> Recording:
    """Return a board's spikes for the given examples and package.

    Raises
    ------
    RefusedRunError
        If the file is truncated or is not a recording, or belongs to another package,
        other data or another number of steps.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        described = {n: arrays[n].item() for n in ("layout_id", "data_sha256", "steps")}
        last = str(arrays["layer"])
        names = [n.removeprefix("spikes.") for n in arrays if n.startswith("spikes.")]
        packed = {last: arrays["spikes"]}
        packed |= {name: arrays[f"spikes.{name}"] for name in names}
        counts = {last: int(arrays["neurons"])}
        counts |= {name: int(arrays[f"neurons.{name}"]) for name in names}
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        raise RefusedRunError(
            f"{path} is truncated, or `board.py` did not write this file: run "
            "`board.py` again"
        ) from None
    network = package.network
    _agree(path, "layout_id", described["layout_id"], package.layout.id)
    if described["steps"] != network.steps:
        raise RefusedRunError(
            f"{path} has {described['steps']} steps per example, but the package has "
            f"{network.steps}: build the package that ran"
        )
    _agree(path, "data_sha256", described["data_sha256"], digest_of(x))
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
    return Recording(spikes)


def _agree(path: Path, what: str, found: object, wanted: str) -> None:
    whose = {
        "layout_id": "from another package",
        "data_sha256": "from other data: name the data file that the board read",
    }
    if found != wanted:
        raise RefusedRunError(f"{path} is {whose[what]} ({what} differs)")
