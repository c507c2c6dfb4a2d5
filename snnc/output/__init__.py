"""Compare, write and remove the files of a package that snnc owns, and no others.

Begin at `compare`: it compares the existing files (`records`) with the wanted ones
(`package`); `write`, `stale` and `orphans` act on the result. Imports `emit` and lower
packages.
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
