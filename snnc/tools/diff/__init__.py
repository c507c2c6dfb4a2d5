"""Compare two networks, and write the differences.

``version`` reads a spec from a file or git, and compiles it. ``compare`` returns the
`Diff` of two versions, ``table`` its rows, which ``render`` writes as text, and
``document`` its JSON data.
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
