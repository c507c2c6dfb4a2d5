"""Weights files: their contents, and whether a network and its chip accept them.

`header` reads a file without NumPy; the other modules need it. Begin with `inspect`.
"""
