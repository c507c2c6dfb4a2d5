"""The files of a package that snnc owns: compared, written, removed, and no others."""

from snnc.emit.owned.compare import Comparison, Row, State, compare
from snnc.emit.owned.lock import Lock
from snnc.emit.owned.package import Package

__all__ = ["Comparison", "Lock", "Package", "Row", "State", "compare"]
