"""The version of snnc."""

__version__ = "0.3.0"
