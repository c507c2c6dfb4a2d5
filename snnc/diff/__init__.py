"""What changed between two networks: data, one pure comparison, and three writers.

``version`` compiles a spec, ``compare`` makes a `Difference` of two of them, and
``text``, ``markdown`` and ``json`` write it. ``revision`` reads specs from git.
"""

from snnc.diff.compare import compare
from snnc.diff.difference import Difference
from snnc.diff.version import Version, compile_version, version_of

__all__ = ["Difference", "Version", "compare", "compile_version", "version_of"]
