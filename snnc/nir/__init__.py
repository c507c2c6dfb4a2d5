"""NIR, the format in which spiking networks travel between tools: out and in.

`export_nir` writes a network and its weights for Norse, sinabs, Spyx and whoever else
reads NIR; `snnc.nir.graph` says how its values become theirs, `snnc.nir.linear` its
kernels. Nothing here is imported before it is used: the package ``nir`` is an extra.
"""

from snnc.nir.export import CannotExportError, Exported, export_nir

__all__ = ["CannotExportError", "Exported", "export_nir"]
