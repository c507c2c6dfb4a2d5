"""Run a generated package on data: ``snnc evaluate``.

Python and the command line call `verb`. `run` evaluates a package, on
the exact engine or on the package's own simulators. `task` opens the package, its
weights and the examples. `exact` runs the exact engine in this process, in other
processes or on a cluster. A checkpoint stores the results of some examples, each a
`measures.EvaluatedPart`, during a run. `measures` also compares parts with the Keras
model, and computes an `evaluation.Evaluation` from the joined parts, which `summary`
describes as text.
"""
