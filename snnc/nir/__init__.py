"""NIR, the format in which spiking networks travel between tools: out and in.

Out: `export.export_nir` compiles a spec, `neurons` says how its values become NIR's,
`linear` its kernels, `graph` makes the nodes, `facts` tells what they can't say. In:
`importing.run` reads a file (`graph_file`), whose nodes `translate` makes the layers of
a model that `snnc.importer` imports; where the file has the spec that it was exported
from, that spec is given back. Imports `importer` and what is below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnc.nir.export import CannotExportError as CannotExportError
    from snnc.nir.export import Exported as Exported
    from snnc.nir.export import export_nir as export_nir


def __getattr__(name: str) -> Any:
    """Import what exports at its first use: who reads a file needs no compiler."""
    if name not in ("CannotExportError", "Exported", "export_nir"):
        raise AttributeError(f"there is no {name!r} in NIR's room")
    from snnc.nir import export

    return getattr(export, name)
