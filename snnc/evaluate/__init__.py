"""Runs a generated package on data: ``snnc evaluate``.

`subject` opens the package, `data` reads examples by pieces, and a simulator makes
`part.Part` s of them: `exact` (here, or through `cluster` in other processes) or the
package's own (`others`). `journal` keeps parts on disk while a run lasts, `result` sums
them up, and `text` and `json` show that; `run` is the whole way.
"""

from snnc.evaluate.quiet import import_nengo_loihi

# Before any module of this room, here or on a worker, imports it in its own way.
import_nengo_loihi()
