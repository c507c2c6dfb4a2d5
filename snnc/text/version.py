"""The version of snnc."""

__version__ = "0.4.0.dev0"
