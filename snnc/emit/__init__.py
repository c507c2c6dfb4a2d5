"""From graphs to the files of the generated package.

Python decides what is written, templates arrange it; no formatter runs. Begin at
`package.package_modules`; `python` lays expressions out, `files` has the headers. Reads
the graphs of `ir` and computes no geometry; imports `loihi`, of which it has the
devices, and what is below.
"""

from snnc.emit.files import GeneratedFile, Module, Origin

__all__ = ["GeneratedFile", "Module", "Origin"]
