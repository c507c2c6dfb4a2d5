"""Compare two networks, and print the differences.

``properties`` compiles a spec from a file or git. ``compare`` returns the `Diff` of two
versions, which writes its rows as text.
"""
