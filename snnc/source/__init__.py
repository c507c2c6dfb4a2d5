"""Source files and the places in them: begin at `file.SourceFile` and `file.Span`.

Imports `text` alone.
"""

from snnc.source.file import Position, SourceFile, Span

__all__ = ["Position", "SourceFile", "Span"]
