"""The files of a package that snnc owns: compared, written, removed, and no others."""

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
