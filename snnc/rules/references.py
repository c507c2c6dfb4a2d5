"""Names that a statement reads: do they exist, and can they be read there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic
from snnc.graph.logical import Network
from snnc.graph.paths import MAX_PATHS, TooManyPathsError, paths


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLayer(Diagnostic):
    """A statement reads a name that nothing in the network has.

    `from` and `shortcut` take the name of the input or of a layer; a layer may be
    written after its reader, but it must be written.
    """

    code: ClassVar[str] = "SNN250"
    title: ClassVar[str] = "unknown layer"
    message: ClassVar[str] = "no layer is called `{name}`"
    help: ClassVar[str] = "{hint}"

    name: str
    near: str | None
    known: tuple[str, ...]

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean `{self.near}`?"
        return "the layers are " + ", ".join(f"`{name}`" for name in self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Diagnostic):
    """Layers read each other in a circle.

    snnc compiles feed-forward networks: an example goes from the input to the
    readout and through each layer once. Recurrent connections would also make it
    impossible to precompute the host's spikes.
    """

    code: ClassVar[str] = "SNN251"
    title: ClassVar[str] = "cycle"
    message: ClassVar[str] = "`{first}` reads itself: {circle}"
    label: ClassVar[str] = "part of the circle"
    help: ClassVar[str] = "let one of them read an earlier layer"

    first: str
    circle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingReads(Diagnostic):
    """A layer's output goes nowhere.

    It would cost cores and change nothing. Usually a `from` names another layer
    than was meant, or the layer is left over.
    """

    code: ClassVar[str] = "SNN252"
    title: ClassVar[str] = "layer that nothing reads"
    message: ClassVar[str] = "nothing reads `{name}`"
    help: ClassVar[str] = "remove it, or name it in a `from` or `shortcut`"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadsRawValues(Diagnostic):
    """A layer other than an encoder reads the input.

    The chip receives spikes, not values, so an encoder has to stand between.
    """

    code: ClassVar[str] = "SNN253"
    title: ClassVar[str] = "values where spikes are needed"
    message: ClassVar[str] = "`{name}` reads the raw values of `{input}`"
    label: ClassVar[str] = "reads values, not spikes"
    help: ClassVar[str] = (
        "put an encoder between: `encode conv {{ filters 2 }}` (trained) "
        "or `encode rate`"
    )

    name: str
    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderReadsLayer(Diagnostic):
    """An encoder reads something other than the input.

    Encoders turn values into spikes; what layers give are spikes already.
    """

    code: ClassVar[str] = "SNN254"
    title: ClassVar[str] = "encoder that reads a layer"
    message: ClassVar[str] = "the encoder `{name}` reads `{source}`, which is no input"
    help: ClassVar[str] = "write `from {input}`, or use a layer such as `conv2d`"

    name: str
    source: str
    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFewSources(Diagnostic):
    """`add` and `concat` join at least two layers."""

    code: ClassVar[str] = "SNN255"
    title: ClassVar[str] = "join of fewer than two layers"
    message: ClassVar[str] = "`{kind}` needs two layers or more, here {count}"
    help: ClassVar[str] = "write `{kind} {name} from a, b`"

    kind: str
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManySources(Diagnostic):
    """A layer reads one layer; `add` and `concat` bring several together."""

    code: ClassVar[str] = "SNN256"
    title: ClassVar[str] = "several sources"
    message: ClassVar[str] = "`{name}` reads {count} layers, but `{kind}` takes one"
    help: ClassVar[str] = (
        "join them first: `add both from {sources}` or `concat both from {sources}`"
    )

    name: str
    kind: str
    count: int
    sources: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedSource(Diagnostic):
    """`add` names the same layer twice.

    Twice the same spikes through the same kernel is the kernel doubled, which
    training can do without the cost of a second connection.
    """

    code: ClassVar[str] = "SNN257"
    title: ClassVar[str] = "the same source twice"
    message: ClassVar[str] = "`{kind}` reads `{source}` twice"
    help: ClassVar[str] = "name it once"

    kind: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyPaths(Diagnostic):
    """Pools and joins multiply the paths between two layers beyond reason.

    Every path through `add` and `concat` becomes a connection of its own.
    """

    code: ClassVar[str] = "SNN258"
    title: ClassVar[str] = "too many paths"
    message: ClassVar[str] = "`{name}` is reached on more than {limit} paths"
    help: ClassVar[str] = "put a spiking layer between the joins"

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
        for name, span, source in readers:
            try:
                paths(network.by_name, source)
            except TooManyPathsError:
                yield cls(span=span, name=name, limit=MAX_PATHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSetting(Diagnostic):
    """A layer lacks a property that has no default.

    A convolution needs `filters` and a dense layer `units`, written in the layer
    or in a `defaults` statement that covers it.
    """

    code: ClassVar[str] = "SNN259"
    title: ClassVar[str] = "missing property"
    message: ClassVar[str] = "`{kind} {name}` does not say how many `{key}` it has"
    help: ClassVar[str] = "write `{kind} {name} {{ {key} 16 }}`"

    kind: str
    name: str
    key: str
