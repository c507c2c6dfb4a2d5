"""Compare two networks.

``properties`` compiles a spec from a file or git, and ``compare`` returns the `Diff` of
two versions.
"""
