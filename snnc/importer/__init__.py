"""Import Keras models as data: read their files without running their code.

`read` gets a model from a file, and `convert` passes each layer to its reader in
`table`. A reader returns a value, which is a sum of `linear` terms. Its `builder`
collects the statements, which `neurons` makes of values, and the `decisions` on layers.
`convert` adds both to the `state`. `ends` then chooses the encoder and the readout,
`spec` writes the statements, and `tensors` computes their weights. `explanation`
describes the result layer by layer. Other packages use only `read`, `refusals` and the
types of `model`.
This package imports `weight_files` and the packages below it in the layering.
"""
