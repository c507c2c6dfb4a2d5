"""The results of verbs: frozen dataclasses of plain values.

A result does not know how it is printed or drawn. `snnc.views` makes a document of it,
and fills the table of writers in `base` when it is imported.
"""
