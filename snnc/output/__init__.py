"""Compare, write and remove those files of a package that snnc owns.

Start with `compare`, which compares the existing files (`records`) with the expected
files (`package`). `write` and `stale` act on the result. Imports `emit` and the folders
below it in the layering.
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
