"""The files of a package that snnc owns: compared, written, removed, and no others."""

from snnc.output.compare import Comparison, Row, State, compare
from snnc.output.lock import Lock
from snnc.output.package import Package

__all__ = ["Comparison", "Lock", "Package", "Row", "State", "compare"]
