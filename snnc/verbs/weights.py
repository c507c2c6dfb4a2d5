"""List, check and migrate the tensors of a weight file: `snnc weights`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from snnc import diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.ir.layout import layout_id
from snnc.ir.layout import tensors as tensors_of
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.results.weights import Weights
from snnc.text.arguments import FileName, Tensors, given_weights
from snnc.text.installing import require
from snnc.weight_files.inspect import inspect


def list_weights(file: FileName | Tensors, mapped: MappedNetwork | None) -> Weights:
    """Return the contents of a safetensors file, and whether it fits a network.

    Raise SpecError if the file can't be read.
    """
    require(("numpy", "safetensors"), "import", "weights")
    report = diagnostics.Diagnostics()
    with _store_weights(file, mapped) as path:
        listing = inspect(path, mapped, report, calculates=True)
    if listing is None:
        raise SpecError(report.diagnostics)
    return listing.result(report.diagnostics)


def migrate(
    file: FileName,
    old: FileName,
    new: FileName,
    output: FileName,
    *,
    force: bool = False,
    device: str = DEFAULT,
) -> None:
    """Write the tensors that fit into a changed network, and initialize the others.

    Parameters
    ----------
    file
        The safetensors file of the old network.
    old, new
        The spec of the weights and the changed spec: files or ``git:REV:PATH``.
    output
        The file to write; ``force`` replaces an existing file.
    device
        The device to compile for.

    Raises
    ------
    SpecError
        If nothing was written; the message says why.
    """
    from snnc.verbs.migrate import migrate_file  # imports NumPy

    migrate_file(
        Path(file),
        old=os.fspath(old),
        new=os.fspath(new),
        output=Path(output),
        device=read_profile(device),
        force=force,
    )


@contextmanager
def _store_weights(
    weights: FileName | Tensors, mapped: MappedNetwork | None
) -> Iterator[Path]:
    """Yield the path of a weight file; write tensors to a file in the network's layout.

    Names and shapes are checked later.
    """
    source = given_weights(weights)
    if isinstance(source, Path):
        yield source
        return
    import numpy as np  # import of an extra
    from safetensors.numpy import save_file

    metadata = {}
    if mapped is not None:
        metadata["layout_id"] = layout_id(tensors_of(mapped.lowered.network))
    # All checks of weights read a file, so tensors are checked as a file, too.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        arrays = {name: np.ascontiguousarray(t) for name, t in source.items()}
        save_file(arrays, path, metadata=metadata)
        yield path
