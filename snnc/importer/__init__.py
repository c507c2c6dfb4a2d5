"""Import Keras models as data: read their files without running their code.

`read` gets a model from a file or from code, `convert` passes each layer to its handler
in `table`, `spec` writes the statements and `tensors` their weights; `explanation`
describes the result layer by layer. Other packages use only `read` and the types of
`model`. Imports `weights` and what is below that.
"""
