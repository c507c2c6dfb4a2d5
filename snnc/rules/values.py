"""Check values of properties: types, units, limits, and values that can't train."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
from snnc.rules.names import UnknownWord
from snnc.text.tables import join_alternatives


class WrongType(Diagnostic):
    """Checks that the value of a property has the right type."""

    code = "SNN205"
    title = "value of the wrong type"
    message = "`{key}` must be {expected}, found {found}"
    label = "expected {expected}"
    help = "write{doubt} `{example}`"

    key: str
    expected: str
    found: str
    example: str

    @property
    def doubt(self) -> str:
        return ", for example," if self.fix is None else ""


class OutOfRange(Diagnostic):
    """Checks that the value of a property is within its limits."""

    code = "SNN206"
    title = "value out of range"
    message = "`{key}`: {reason}"
    label = "{limit}"

    key: str
    reason: str
    limit: str


class MissingUnit(Diagnostic):
    """Checks that times and rates have a unit.

    A number without a unit could mean seconds or milliseconds. Write the unit, as in `5
    ms`, `0.06 s` or `150 Hz`.
    """

    code = "SNN207"
    title = "missing unit"
    message = "`{key}` has no unit"
    label = "expected {units} after this"
    help = "did you mean `{likely}`?"

    key: str
    units: tuple[str, ...]
    likely: str


class UnknownUnit(UnknownWord):
    """Checks that the word after a number is a unit.

    The units are `s`, `ms`, `us` and `Hz`, spelled exactly like this.
    """

    code = "SNN208"
    title = "unknown unit"
    message = "`{unit}` is not a unit"
    label = "expected {units}"
    otherwise = "write {units}"

    unit: str
    units: tuple[str, ...]


class WrongUnit(Diagnostic):
    """Checks that times are in a unit of time and rates in Hz."""

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
        return join_alternatives(self.units) or "no unit"


class UnknownChoice(UnknownWord):
    """Checks that the value of a property is one of the allowed words."""

    code = "SNN210"
    title = "unknown choice"
    message = "`{key}` can't be {found}"
    label = "expected {legal}"
    otherwise = "write {legal}"

    key: str
    found: str
    legal: tuple[str, ...]


class RepeatedClass(Diagnostic):
    """Checks that class names are unique."""

    code = "SNN221"
    title = "repeated class name"
    message = "the class name `{name}` is used twice"
    label = "used again"
    help = "use another name, or remove this one"

    name: str


class LossNeedsClasses(Diagnostic):
    """Checks that the loss suits the readout.

    `cross_entropy` and `focal` compare outputs with integer labels, and `class_weight
    balanced` counts the labels. All three therefore need a readout with `classes`. A
    readout with `units` outputs values, so its loss is `mse`.
    """

    code = "SNN600"
    title = "loss without classes"
    message = "`{what}` needs classes, but `{readout}` has `units {units}`"
    help = "write `classes {units}` in the readout, or {instead}"

    what: str
    instead: str
    readout: str
    units: int


class NothingTrains(Diagnostic):
    """Checks that at least one phase of `train` trains the weights.

    `smooth` trains as in plain Keras, and `spikes` trains on the network's own spikes.
    `scale` only scales the weights, so that each layer stays within its `rate`.
    """

    code = "SNN601"
    title = "no phase that trains"
    message = "no phase in `phases {phases}` trains the weights"
    label = "`scale` does not train"
    help = "write `phases [smooth, scale, spikes]`"

    phases: str
