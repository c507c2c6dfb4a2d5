"""The exact engine: the spikes of nengo-loihi's emulator, a hundred times faster.

nengo-loihi builds, splits and discretises a network; this package reads the resulting
integers (`read`) and replaces the steps (`kernel`). `make_engine` makes an `Engine` of
a package of ``snnc build``; its ``run`` and ``stream`` take examples. Networks that
cannot run raise `CannotRunError`, whose text is for users.

A spike takes a step to arrive, and none goes back to an earlier block. So a block runs
all steps of an example before the next block runs its first, and its state fits a
cache. The kernel also runs encoders and the readout in their usual shape; nengo runs
other hosts, which have layers of neurons of their own, with our chip instead of the
emulator (`hosted`).

Examples start from rest, or spans of them do: "row" carries the state over within a
span, as nengo-loihi does. Neither depends on how threads share the work (`stream`).
"""

from snnc.exact.engine import Engine, make_engine
from snnc.exact.stream import Outcome
from snnc.output.imported import CannotRunError

__all__ = ["CannotRunError", "Engine", "Outcome", "make_engine"]
