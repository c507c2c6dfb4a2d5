"""Run a generated package on data: ``snnc evaluate``.

Python and the command line call `verb`, with `options`. `run` evaluates a package, on
the exact engine or the package's own simulators. `task` opens the package, its weights
and the examples. `exact` runs the exact engine here, in other processes or on a
cluster, and returns `part.ExactPart` objects. `run.Trained` compares these with the
trained model, a checkpoint stores them during a run, and `measures` combines them into
an `evaluation.Evaluation`, which `summary` and `advice` describe in text.
"""
