"""Runs a generated package on data: ``snnc evaluate``.

`subject` opens the package, `snnc.runtime.data` the examples, and a simulator makes
`part.Part` s of them: `exact` (here, or through `cluster` in other processes) or the
package's own (`others`). `keras` compares them with the model that was trained,
`journal` keeps them on disk while a run lasts, `sums` and `score` make a
`result.Result` of them, and `text`, `json` and `each` show it; `run` is the whole way.
"""

from snnc.evaluate.quiet import import_nengo_loihi

# Before any module of this room, here or on a worker, imports it in its own way.
import_nengo_loihi()
