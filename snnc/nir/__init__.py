"""NIR, the format in which spiking networks travel between tools: out and in.

Out: `export.export_nir` compiles a spec, `neurons` says how its values become NIR's,
`linear` converts its kernels, `graph` makes the nodes, and `facts` describes what they
can't say. In: `importing.run` reads a file (`graph_file`), `translate` turns its nodes
into the layers of a model, and `snnc.importer` imports the model. If the file contains
the spec that it was exported from, the import returns that spec. This package imports
`importer` and the packages below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnc.nir.export import CannotExportError as CannotExportError
    from snnc.nir.export import Exported as Exported
    from snnc.nir.export import export_nir as export_nir


def __getattr__(name: str) -> Any:
    """Import the export at its first use: reading a file needs no compiler."""
    if name not in ("CannotExportError", "Exported", "export_nir"):
        raise AttributeError(f"there is no {name!r} in NIR's room")
    from snnc.nir import export

    return getattr(export, name)
