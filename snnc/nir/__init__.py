"""NIR, the format in which spiking networks travel between tools: out and in.

Out: `export.export_nir` compiles a spec, `neurons` says how its values become NIR's,
`linear` converts its kernels, `graph` makes the nodes, and `facts` describes what they
can't say. In: `importing.run` reads a file (`graph_file`), `translate` turns its nodes
into the layers of a model, and `snnc.importer` imports the model. If the file contains
the spec that it was exported from, the import returns that spec. This package imports
`importer` and the packages below it.
"""
