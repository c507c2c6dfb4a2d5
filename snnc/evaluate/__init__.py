"""Runs a generated package on data: ``snnc evaluate``.

`run` is the whole way, from paths down to what was decided of each example, on the
exact engine or the package's own simulators. `task` opens the package, its weights and
the examples. The exact engine makes `part.ExactPart` s of them (`exact`, here, in other
processes, or on a `cluster`), `run.Trained` compares these with the model that was
trained, a checkpoint keeps them on disk while a run lasts, and the run-time library
makes a result of them. Imports `exact`, `output`, `checkpoint`, `processes` and
`runtime`.
"""

from importlib.util import find_spec

# Before any module of this room, here or on a worker, imports it in its own way.
if find_spec("nengo_loihi"):
    # This needs NumPy, as nengo-loihi does.
    from snnc.runtime.nengo.compat import import_nengo_loihi

    import_nengo_loihi()
