"""What changed between two networks: data, one pure comparison, and three writers.

``version`` reads a spec, perhaps from git, and compiles it, ``compare`` makes a
`Difference` of two of them, and ``difference_text`` and its like write it.
"""

from snnc.diff.compare import Difference, compare
from snnc.diff.version import Version, compile_version, version_of

__all__ = ["Difference", "Version", "compare", "compile_version", "version_of"]
