"""Run a generated package on data: ``snnc evaluate``.

`verb` is what Python and the command line call, with `options`; `run` does everything,
from paths to the decision for each example, on the exact engine or the package's own
simulators. `task` opens the package, its weights and the examples. The exact engine
turns them into `part.ExactPart` s (`exact`; here, in other processes, or on a cluster),
`run.Trained` compares these with the trained model, a checkpoint keeps them on disk
during a run, and `measures` combines them into an `evaluation.Evaluation`, which
`summary` and `advice` describe in text.
"""
