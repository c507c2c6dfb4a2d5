"""The Python interface: the names of ``import snnc``, each in its own module.

These modules turn results into objects for users: frozen, printed as on the command
line, displayed in notebooks, and able to draw themselves. The packages below compute
the results, for the command line too. Begin at `specs`. Imports every package except
`cli` and `language_server`.
"""
