"""Source files and the places in them."""

from snnc.source.file import SourceFile
from snnc.source.span import Position, Span

__all__ = ["Position", "SourceFile", "Span"]
