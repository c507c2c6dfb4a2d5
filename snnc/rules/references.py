"""Rules for the names that statements read."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, LayerDiagnostic, StatementDiagnostic
from snnc.rules.statements import UnknownWord


class UnknownLayer(UnknownWord):
    """Checks that the names in `from` and `shortcut` exist.

    `from` and `shortcut` take the name of the input or of a layer. The layer may come
    later in the spec.
    """

    code = "SNN250"
    title = "unknown layer"
    message = "{reason}"
    otherwise = "write {known}, {role}"

    name: str
    known: tuple[str, ...]
    role: str = "which can be read here"
    is_statement: bool = False
    """Whether a setting assigned a value to a layer itself."""

    @property
    def reason(self) -> str:
        if not self.is_statement:
            return f"no layer is called `{self.name}`"
        return f"`{self.name}` has no value of its own; only its properties have values"


class Cycle(Diagnostic):
    """Checks that the layers don't form a cycle.

    snnc compiles feed-forward networks: an example passes through each layer once.
    With recurrent connections, the host's spikes could not be precomputed.
    """

    code = "SNN251"
    title = "cycle"
    message = "`{first}` reads itself: {circle}"
    label = "part of the cycle"
    help = "let one of these layers read an earlier layer"

    first: str
    circle: str


class NothingReads(LayerDiagnostic):
    """Checks that the output of every layer is read.

    A layer without readers uses cores but has no effect. Usually a `from` names the
    wrong layer, or the layer is no longer needed.
    """

    code = "SNN252"
    title = "unread layer"
    message = "no layer reads `{name}`"
    help = "remove the layer, or name it in a `from` or `shortcut`"


def encoder_help(encoder: str, key: str) -> str:
    """Describe the fix for a layer that reads the input; the encoder may be unnamed."""
    if encoder:
        return f"read the encoder: write `{key} {encoder}`"
    return (
        "add an encoder in between: `encode conv { filters 2 }` (trained) or "
        "`encode rate`"
    )


class ReadsRawValues(LayerDiagnostic):
    """Checks that only encoders read the input.

    The chip receives spikes, not values, so layers read the input through an encoder.
    """

    code = "SNN253"
    title = "input values instead of spikes"
    message = "`{name}` reads the raw values of `{input}`"
    label = "reads values, not spikes"

    input: str


class EncoderReadsLayer(LayerDiagnostic):
    """Checks that encoders read the input.

    An encoder converts values to spikes. The outputs of layers are already spikes.
    """

    code = "SNN254"
    title = "encoder after a layer"
    message = "the encoder `{name}` reads `{source}`, which is not the input"

    source: str
    input: str
    others_read: bool

    @property
    def hint(self) -> str:
        if self.others_read:
            return f"write `from {self.input}`"
        return "use a layer such as `conv2d`"


class TooFewSources(LayerDiagnostic):
    """Checks that `add` and `concat` have at least two sources."""

    code = "SNN255"
    title = "join of one layer"
    message = "`{kind}` needs at least two layers, but reads {count}"

    kind: str
    count: int


class TooManySources(LayerDiagnostic):
    """Checks that only `add` and `concat` read several layers."""

    code = "SNN256"
    title = "several sources"
    message = "`{name}` reads {count} layers, but `{kind}` takes one"

    kind: str
    count: int


class RepeatedSource(StatementDiagnostic):
    """Checks that `add` doesn't name a layer twice.

    Adding a layer to itself has the same effect as doubling the weights of its reader,
    which training can do without a second connection.
    """

    code = "SNN257"
    title = "repeated source"
    message = "`{kind}` reads `{source}` twice"
    notes = ("training can double the weights of the reader instead",)

    source: str


class MissingSetting(LayerDiagnostic):
    """Checks that convolutions have `filters` and dense layers have `units`.

    Set these properties in the layer, or in `defaults` for its kind.
    """

    code = "SNN259"
    title = "missing property"
    message = "`{kind} {name}` does not set the number of `{key}`"
    help = "write, for example, `{key} 16` in `{name}`"

    kind: str
    key: str
