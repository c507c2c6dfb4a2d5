"""The files of a package that snnc owns: compared, written, removed, and no others."""

from snnc.output.compare import Comparison, Row, State, compare
from snnc.output.package import Lock, PackageFiles

__all__ = ["Comparison", "Lock", "PackageFiles", "Row", "State", "compare"]
