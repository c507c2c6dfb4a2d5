"""The Python interface: what ``import snnc`` offers, each name in the module it is of.

Here results get the shape in which people use them: frozen objects that print as the
command line does, display themselves in notebooks, and draw themselves. What they tell
is computed by the rooms below, which the command line calls too. Begin at `specs`.
Imports every room but `cli` and `language_server`.
"""
