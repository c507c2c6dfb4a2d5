"""Generate the files of a package from the graphs of `ir`.

Templates contain the text of each module, and Python code writes what follows from its
layers; no formatter runs. Begin at `package.package_modules`. `python` lays out
expressions, and `files` renders templates and writes the headers. Imports `loihi` (for
its devices) and the folders below it in the layering.
"""

from snnc.emit.files import GeneratedFile, Origin

__all__ = ["GeneratedFile", "Origin"]
