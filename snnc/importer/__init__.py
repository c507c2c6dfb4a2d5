"""Keras models as data: reads what their files say and runs nothing of it.

`read` gets a model from a file or from code, `convert` judges each layer by
`table`, `spec` writes the statements and `tensors` their weights; `explanation` has it
layer by layer. Only `read` and the types of `model` are for other rooms. Imports
`weights` and what is below.
"""
