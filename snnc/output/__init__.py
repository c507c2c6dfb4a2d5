"""The files of a package that snnc owns: compared, written, removed, and no others.

Begin at `compare`: it holds what is there (`records`) against what should be
(`package`), and `write`, `stale` and `orphans` act on that. Imports `emit` and what is
below.
"""

from snnc.output.compare import ComparedFile, Comparison, FileState, compare
from snnc.output.package import Lock, PackageFiles

__all__ = [
    "ComparedFile",
    "Comparison",
    "FileState",
    "Lock",
    "PackageFiles",
    "compare",
]
