"""Generate the files of a package from the graphs of `ir`.

Python code determines the content, and templates arrange it; no formatter runs. Begin
at `package.package_modules`. `python` lays out expressions, and `files` writes the
headers. Imports `loihi` (for its devices) and the folders below it in the layering.
"""

from snnc.emit.files import GeneratedFile, Module, Origin

__all__ = ["GeneratedFile", "Module", "Origin"]
