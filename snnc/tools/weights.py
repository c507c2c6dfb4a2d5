"""List the tensors of a weight file, and check them: `snnc weights`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from snnc import diagnostics
from snnc.diagnostics import Diagnostic
from snnc.diagnostics.spec_error import SpecError
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id
from snnc.ir.layout import tensors as tensors_of
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.passes import Compilation
from snnc.text.arguments import FileName, Tensors, given_weights
from snnc.text.display import Json, Tabular
from snnc.text.installing import require
from snnc.tools.report.html import tables_html
from snnc.weight_files.formats import document, parts, table
from snnc.weight_files.inspect import Listing, inspect


@dataclass(frozen=True, eq=False, repr=False)
class Weights(Tabular):
    """The tensors of a file and, with a spec, whether the network accepts them.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        The reasons why the network or the chip does not accept the tensors.
    listing
        Internal: the complete results.
    """

    _internal = frozenset(("listing",))

    diagnostics: tuple[Diagnostic, ...]
    listing: Listing

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor in the file."""
        return {name: t.shape for name, t in self.listing.header.tensors.items()}

    @property
    def fits(self) -> bool:
        """Whether the network and the chip accept the tensors; True without a spec."""
        return not any(d.severity == "error" for d in self.diagnostics)

    def migrate(
        self,
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
        old, new
            The spec of the weights and the changed spec: files or ``git:REV:PATH``.
        output
            The file to write; ``force`` replaces an existing file.
        device
            The device to compile for.

        Raises
        ------
        SpecError
            If nothing was written; the message says why. Tensors without a file are
            included.
        """
        from snnc.tools.migrate import migrate_file  # imports NumPy

        report, path = diagnostics.Diagnostics(), self.listing.header.path
        names = os.fspath(old), os.fspath(new)
        profile = read_profile(device)
        if migrate_file(path, *names, Path(output), force, report, profile) is None:
            raise SpecError(report.diagnostics)

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc weights --format json``."""
        return document(self.listing)

    def _records(self) -> list[Json]:
        tensors: list[Json] = self.as_dict()["tensors"]
        return tensors

    def _repr_html_(self) -> str:
        title = f"Weights in {self.listing.header.path.name}"
        return tables_html(title, parts(self.listing))

    def __str__(self) -> str:
        return table(self.listing)

    def __repr__(self) -> str:
        path = self.listing.header.path.as_posix()
        return f"<snnc.Weights {path}: {len(self.shapes)} tensors>"


def list_weights(
    file: FileName | Tensors, target: Compilation | None, device: Profile
) -> Weights:
    """Return the contents of a safetensors file, and whether it fits a network.

    Raise SpecError if the file can't be read.
    """
    require(("numpy", "safetensors"), "import", "weights")
    report = diagnostics.Diagnostics()
    mapped = None if target is None else target.mapped
    with _store_weights(file, mapped) as path:
        listing = inspect(path, mapped, report, calculates=True, device=device)
    if listing is None:
        raise SpecError(report.diagnostics)
    return Weights(report.diagnostics, listing)


@contextmanager
def _store_weights(
    weights: FileName | Tensors, mapped: MappedNetwork | None
) -> Iterator[Path]:
    """Yield the path of a weight file; write tensors to a file in the network's layout.

    Names and shapes are checked later.
    """
    given = given_weights(weights)
    if isinstance(given, Path):
        yield given
        return
    import numpy as np  # import of an extra
    from safetensors.numpy import save_file

    metadata = {}
    if mapped is not None:
        metadata["layout_id"] = layout_id(tensors_of(mapped.lowered.network))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        arrays = {name: np.ascontiguousarray(t) for name, t in given.items()}
        save_file(arrays, path, metadata=metadata)
        yield path
