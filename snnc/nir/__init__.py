"""Export to and import from NIR, an exchange format for spiking networks.

Export: `export.export_nir` compiles a spec and describes what NIR can't express, and
`graph` converts kernels and creates the nodes. Import: `importing.run` reads a file
(`graph_file`), `translate` turns its nodes into the layers of a model, and
`snnc.importer` imports the model. If the file contains the spec from which it was
exported, the import returns this spec.
Imports `importer` and the folders below it in the layering.
"""
