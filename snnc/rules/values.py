"""Values of properties: their types, units and limits, and those that can't train."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
from snnc.rules.names import did_you_mean, listed


class WrongType(Diagnostic):
    """A value is of another type than its property has."""

    code = "SNN205"
    title = "wrong type of value"
    message = "`{key}` must be {expected}, found {found}"
    label = "expected {expected}"
    help = "{hint}"

    key: str
    expected: str
    found: str
    example: str

    @property
    def hint(self) -> str:
        certain = self.fix is not None
        return (
            f"write `{self.example}`"
            if certain
            else f"write, for example, `{self.example}`"
        )


class OutOfRange(Diagnostic):
    """A value is of the right type, but beyond what its property allows."""

    code = "SNN206"
    title = "value out of range"
    message = "`{key}`: {reason}"
    label = "{limit}"
    help = "{advice}"

    key: str
    reason: str
    limit: str
    advice: str = ""


class MissingUnit(Diagnostic):
    """A time or a rate has no unit.

    Numbers without a unit are read as seconds by some and as milliseconds by
    others, so a unit is always written: `5 ms`, `0.06 s`, `150 Hz`.
    """

    code = "SNN207"
    title = "missing unit"
    message = "`{key}` has no unit"
    label = "expected {choices} after it"
    help = "did you mean `{likely}`?"

    key: str
    units: tuple[str, ...]
    likely: str

    @property
    def choices(self) -> str:
        return listed(self.units)


class UnknownUnit(Diagnostic):
    """A number is followed by a word that is no unit.

    Units are `s`, `ms`, `us` and `Hz`, written exactly so.
    """

    code = "SNN208"
    title = "unknown unit"
    message = "`{unit}` is not a unit"
    label = "expected {choices}"
    help = "{hint}"

    unit: str
    units: tuple[str, ...]
    near: str | None
    converted: str = ""

    @property
    def choices(self) -> str:
        return listed(self.units)

    @property
    def hint(self) -> str:
        if self.converted:
            return f"write `{self.converted}`"
        return did_you_mean(self.near, self.units, "write {}")


class WrongUnit(Diagnostic):
    """A value has the unit of something else: a time where a rate belongs."""

    code = "SNN209"
    title = "wrong unit"
    message = "`{key}` is not measured in `{unit}`"
    label = "expected {choices}"
    help = "write, for example, `{key} {example}`"

    key: str
    unit: str
    units: tuple[str, ...]
    example: str

    @property
    def choices(self) -> str:
        return listed(self.units) or "no unit"


class UnknownChoice(Diagnostic):
    """A property takes one of a few words, and this is none of them."""

    code = "SNN210"
    title = "unknown choice"
    message = "`{key}` can't be {found}"
    label = "expected {choices}"
    help = "{hint}"

    key: str
    found: str
    legal: tuple[str, ...]
    near: str | None
    advice: str = ""

    @property
    def choices(self) -> str:
        return listed(self.legal)

    @property
    def hint(self) -> str:
        return self.advice or did_you_mean(self.near, self.legal, "write {}")


class RepeatedClass(Diagnostic):
    """Two classes of a readout have the same name."""

    code = "SNN221"
    title = "class named twice"
    message = "the class `{name}` is named twice"
    label = "named again"
    help = "write another name, or remove it"

    name: str


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

    `smooth` trains as plain Keras does, `spikes` trains on the network's own spikes;
    `scale` multiplies what each layer computes, so that its rates are within `rate`.
    """

    code = "SNN601"
    title = "no phase that trains"
    message = "no phase of `phases {phases}` trains"
    label = "`scale` does not train"
    help = "write `phases [smooth, scale, spikes]`"

    phases: str
