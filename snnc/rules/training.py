"""How a network is trained."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class LossNeedsClasses(Diagnostic):
    """A loss over classes is asked of a readout that has none.

    `cross_entropy` and `focal` compare with integer labels, which a readout of
    `classes` has. A readout of `units` gives values, and its loss is `mse`.
    """

    code = "SNN600"
    title = "loss without classes"
    message = "`loss {loss}` needs classes, but `{readout}` has `units {units}`"
    help = "write `classes {units}` in the readout, or `loss mse`"

    loss: str
    readout: str
    units: int
