"""Compare two networks, and print the differences.

``properties`` compiles a spec from a file or git. ``compare`` returns the `Diff` of two
versions. ``render`` writes the rows of a diff as text.
"""
