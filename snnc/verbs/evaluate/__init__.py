"""Run a generated package on data: ``snnc evaluate``.

Python and the command line call `verb`, with `options`. `run` evaluates a package, on
the exact engine or on the package's own simulators. `task` opens the package, its
weights and the examples. `exact` runs the exact engine in this process, in other
processes or on a cluster. The results of some examples are a `measures.EvaluatedPart`.
`measures` also compares parts with the Keras model, and computes an
`snnc.results.evaluation.Evaluation` from the joined parts.
"""
