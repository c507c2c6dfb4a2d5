"""The exact engine: computes the spikes of nengo-loihi's emulator, 100 times faster.

nengo-loihi builds, splits and discretizes a network. This package reads the resulting
integers (`circuit` and `read`), and simulates the time steps (`kernel`). `make_engine`
returns an `Engine` for a package of ``snnc build``; its methods ``run`` and ``stream``
run examples. Networks that cannot run raise `CannotRunError`, whose message is for
users.

A spike takes one step to arrive, and no spike goes back to an earlier block. So a block
runs all steps of an example before the next block starts, and its state fits in the CPU
cache. The kernel also runs typical encoders and readouts. If the host has other layers
of neurons, nengo runs the host, with our chip instead of the emulator (`hosted`).

Either each example starts from rest, or each span of examples does: "row" keeps the
state within a span, as in nengo-loihi. Results do not depend on how threads share the
work.
"""

from snnc.exact.engine import Engine, make_engine
from snnc.exact.results import EngineResult
from snnc.output.imported import CannotRunError

__all__ = ["CannotRunError", "Engine", "EngineResult", "make_engine"]
