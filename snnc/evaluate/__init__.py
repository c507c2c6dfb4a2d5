"""Run a generated package on data: ``snnc evaluate``.

`run` does everything, from paths to the decision for each example, on the exact engine
or the package's own simulators. `task` opens the package, its weights and the examples.
The exact engine turns them into `part.ExactPart` s (`exact`; here, in other processes,
or on a `cluster`), `run.Trained` compares these with the trained model, a checkpoint
keeps them on disk during a run, and `tools` combines them into a result. Imports
`exact`, `output`, `checkpoint`, `processes`, `runtime` and `tools`.
"""

from importlib.util import find_spec

# Import it before another module of this folder does so in its own way.
if find_spec("nengo_loihi"):
    # This needs NumPy, as nengo-loihi does.
    from snnc.runtime.nengo import import_nengo_loihi

    import_nengo_loihi()
