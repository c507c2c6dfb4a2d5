"""Generate the files of a package from the graphs of `ir`.

Python decides the content, and templates arrange it; no formatter runs. Begin at
`package.package_modules`; `python` lays out expressions, and `files` writes the
headers. This package computes no geometry. It imports `loihi`, for its devices, and
what is below that.
"""

from snnc.emit.files import GeneratedFile, Module, Origin

__all__ = ["GeneratedFile", "Module", "Origin"]
