"""Tools for a compiled network, a package or its weights.

The result of a tool is a frozen dataclass. Python functions return the result, the
command line prints it, and notebooks display it.
"""
