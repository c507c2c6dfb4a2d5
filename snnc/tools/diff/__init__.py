"""Compare two networks, and print the differences.

``properties`` compiles a spec from a file or git. ``compare`` returns the `Diff` of two
versions. ``render`` writes the rows of a diff as text.
"""

from snnc.tools.diff.compare import Diff, compare
from snnc.tools.diff.properties import Version, read_version, version_of

__all__ = [
    "Diff",
    "Version",
    "compare",
    "read_version",
    "version_of",
]
