"""The exact engine: the spikes of nengo-loihi's emulator, a hundred times sooner.

nengo-loihi builds, splits and discretises a network; this room reads the integers
that come out (`read`) and replaces the steps (`kernel`). `open_engine` makes an
`Engine` of a package that ``snnc build`` wrote; its ``run`` and ``stream`` take
examples. What cannot run is a `CannotRunError`, whose text is for users.

A spike takes a step to arrive, and none goes back to an earlier block. So a block runs
all steps of an example before the next block runs its first, and what it has to
remember fits a cache. Encoders and the readout are in the kernel too where they have
the shape that snnc gives them; other hosts, those with layers of neurons of their own,
are nengo's, with our chip in place of the emulator (`hosted`).

Examples start from rest, or spans of them do: "row" carries the state over within a
span, as nengo-loihi does. Neither depends on how threads share the work (`stream`).
"""

from snnc.exact.engine import Engine, make_engine, open_engine
from snnc.exact.package import CannotRunError
from snnc.exact.stream import Outcome

__all__ = ["CannotRunError", "Engine", "Outcome", "make_engine", "open_engine"]
