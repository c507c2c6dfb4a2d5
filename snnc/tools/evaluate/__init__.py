"""Run a generated package on data: ``snnc evaluate``.

Python and the command line call `verb` with `options`. `run` evaluates a package, on
the exact engine or on the package's own simulators. `task` opens the package, its
weights and the examples. `exact` runs the exact engine in this process, in other
processes or on a cluster, and returns `part.ExactPart` objects. `run.Trained` compares
these parts with the trained model, and a checkpoint stores them during a run.
`measures` combines the parts into an `evaluation.Evaluation`, which `summary` and
`advice` describe as text.
"""
