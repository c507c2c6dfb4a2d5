"""Names that a statement reads: do they exist, and can they be read there."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic
from snnc.ir.logical import Network
from snnc.ir.paths import MAX_PATHS, count_paths
from snnc.rules.names import listed


class UnknownLayer(Diagnostic):
    """A statement reads a name that nothing in the network has.

    `from` and `shortcut` take the name of the input or of a layer; a layer may be
    written after its reader, but it must be written.
    """

    code = "SNN250"
    title = "unknown layer"
    message = "{said}"
    help = "{hint}"

    name: str
    near: str | None
    known: tuple[str, ...]
    role: str = "which can be read here"
    example: str = ""
    """Where a layer of this name was given a value: what can be given one."""

    @property
    def said(self) -> str:
        if self.example:
            return f"`{self.name}` has no value of its own, only its properties have"
        return f"no layer is called `{self.name}`"

    @property
    def hint(self) -> str:
        if self.example:
            return f"write one of them, such as `{self.example}`"
        if self.near is not None:
            return f"did you mean `{self.near}`?"
        if not self.known:
            return "write a layer of this name before, or read one by its name"
        return "write " + listed(self.known) + f", {self.role}"


class Cycle(Diagnostic):
    """Layers read each other in a circle.

    snnc compiles feed-forward networks: an example goes from the input to the
    readout and through each layer once. Recurrent connections would also make it
    impossible to precompute the host's spikes.
    """

    code = "SNN251"
    title = "cycle"
    message = "`{first}` reads itself: {circle}"
    label = "part of the circle"
    help = "let one of them read an earlier layer"

    first: str
    circle: str


class NothingReads(Diagnostic):
    """A layer's output goes nowhere.

    It would cost cores and change nothing. Usually a `from` names another layer
    than was meant, or the layer is left over.
    """

    code = "SNN252"
    title = "layer that nothing reads"
    message = "nothing reads `{name}`"
    help = "remove it, or name it in a `from` or `shortcut`"

    name: str


def encoder_help(encoder: str, key: str = "from") -> str:
    """Say what a reader of the input does instead; the encoder may have no name."""
    if encoder:
        return f"read the encoder: write `{key} {encoder}`"
    return (
        "put an encoder between: `encode conv { filters 2 }` (trained) or `encode rate`"
    )


class ReadsRawValues(Diagnostic):
    """A layer other than an encoder reads the input.

    The chip receives spikes, not values, so an encoder has to stand between.
    """

    code = "SNN253"
    title = "values where spikes are needed"
    message = "`{name}` reads the raw values of `{input}`"
    label = "reads values, not spikes"
    help = "{hint}"

    name: str
    input: str
    encoder: str = ""
    key: str = "from"

    @property
    def hint(self) -> str:
        return encoder_help(self.encoder, self.key)


class EncoderReadsLayer(Diagnostic):
    """An encoder reads something other than the input.

    Encoders turn values into spikes; what layers give are spikes already.
    """

    code = "SNN254"
    title = "encoder that reads a layer"
    message = "the encoder `{name}` reads `{source}`, which is no input"
    help = "write `from {input}`, or use a layer such as `conv2d`"

    name: str
    source: str
    input: str


class TooFewSources(Diagnostic):
    """`add` and `concat` join at least two layers."""

    code = "SNN255"
    title = "join of fewer than two layers"
    message = "`{kind}` needs two layers or more, here {count}"
    help = "write `{kind} {name} from a, b`"

    kind: str
    name: str
    count: int


class TooManySources(Diagnostic):
    """A layer reads one layer; `add` and `concat` bring several together."""

    code = "SNN256"
    title = "several sources"
    message = "`{name}` reads {count} layers, but `{kind}` takes one"
    help = "join them first: `add both from {sources}` or `concat both from {sources}`"

    name: str
    kind: str
    count: int
    sources: str


class RepeatedSource(Diagnostic):
    """`add` names the same layer twice.

    Twice the same spikes through the same kernel is the kernel doubled, which
    training can do without the cost of a second connection.
    """

    code = "SNN257"
    title = "the same source twice"
    message = "`{kind}` reads `{source}` twice"
    help = "name each layer once: a kernel can double what it reads"

    kind: str
    source: str


class TooManyPaths(Diagnostic):
    """Pools and joins multiply the paths between two layers beyond reason.

    Every path through `add` and `concat` becomes a connection of its own.
    """

    code = "SNN258"
    title = "too many paths"
    message = "`{name}` is reached on more than {limit} paths"
    help = "put a spiking layer between the joins"

    name: str
    limit: int

    @classmethod
    def check(cls, network: Network) -> Iterator[TooManyPaths]:
        readers = [
            (layer.name, layer.span, source)
            for layer in network.layers
            if layer.spiking is not None
            for source in layer.reads
        ]
        readout = network.readout
        readers += [(readout.name, readout.span, source) for source in readout.sources]
        known: dict[str, int] = {}
        for name, span, source in readers:
            if count_paths(network.by_name, source, known) > MAX_PATHS:
                yield cls(span=span, name=name, limit=MAX_PATHS)


class MissingSetting(Diagnostic):
    """A layer lacks a property that has no default.

    A convolution needs `filters` and a dense layer `units`, written in the layer
    or in a `defaults` statement that covers it.
    """

    code = "SNN259"
    title = "missing property"
    message = "`{kind} {name}` does not say how many `{key}` it has"
    help = "write `{kind} {name} {{ {key} 16 }}`"

    kind: str
    name: str
    key: str
