"""Export to and import from NIR, an exchange format for spiking networks.

Export: `export.export_nir` compiles a spec, `neurons` converts neuron parameters,
`linear` converts kernels, `graph` creates the nodes, and `facts` describes what NIR
can't express. Import: `importing.run` reads a file (`graph_file`), `translate` turns
its nodes into the layers of a model, and `snnc.importer` imports the model. If the file
contains the spec from which it was exported, the import returns this spec. Imports
`importer` and the folders below it in the layering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnc.nir.export import CannotExportError as CannotExportError
    from snnc.nir.export import Exported as Exported
    from snnc.nir.export import export_nir as export_nir


def __getattr__(name: str) -> Any:
    """Import the export on first use: reading a file needs no compiler."""
    if name not in ("CannotExportError", "Exported", "export_nir"):
        raise AttributeError(f"there is no {name!r} in NIR's room")
    from snnc.nir import export

    return getattr(export, name)
