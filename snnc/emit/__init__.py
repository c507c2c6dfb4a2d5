"""From graphs to the files of the generated package.

Python decides what is written, templates arrange it; no formatter runs.
"""

from snnc.emit.files import GeneratedFile, Module
from snnc.emit.origin import Origin

__all__ = ["GeneratedFile", "Module", "Origin"]
