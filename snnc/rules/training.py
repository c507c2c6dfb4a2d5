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


class NothingTrains(Diagnostic):
    """None of the phases of `train` changes a weight.

    `smooth` trains as plain Keras does, `aware` with the chip's rates; `scale`
    multiplies what each layer computes, and so brings what was trained into its
    rates. `aware off` and `target nengo` leave out `aware`.
    """

    code = "SNN601"
    title = "no phase that trains"
    message = "no phase of `phases {phases}` trains"
    label = "{reason}"
    help = "write `phases [smooth, scale]`{otherwise}"

    phases: str
    dropped: str = ""

    @property
    def reason(self) -> str:
        if self.dropped:
            return f"`{self.dropped}` leaves out `aware`"
        return "`scale` does not train"

    @property
    def otherwise(self) -> str:
        return ", or remove `aware off`" if self.dropped == "aware off" else ""
