"""Packages of the hand-made networks, whose library is tested as they import it."""

from tests.emit.conftest import load

__all__ = ["load"]
