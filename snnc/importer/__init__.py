"""Import Keras models as data: read their files without running their code.

`read` gets a model from a file or from code, and `convert` passes each layer to its
handler in `table`. `spec` writes the statements, and `tensors` computes their weights.
`explanation` describes the result layer by layer. Other packages use only `read` and
the types of `model`. This package imports `weight_files` and the packages below it in
the layering.
"""
