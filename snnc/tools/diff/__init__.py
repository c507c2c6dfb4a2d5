"""What changed between two networks: data, one pure comparison, and its writers.

``version`` reads a spec, perhaps from git, and compiles it. ``compare`` makes a
`Diff` of two of them, ``table`` the rows that ``render`` writes for people, and
``document`` data for programs.
"""

from snnc.tools.diff.compare import Diff, compare
from snnc.tools.diff.document import document
from snnc.tools.diff.version import Version, compile_version, version_of

__all__ = [
    "Diff",
    "Version",
    "compare",
    "compile_version",
    "document",
    "version_of",
]
