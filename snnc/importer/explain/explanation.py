"""What `--explain` prints, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from snnc.diagnostics import Report
from snnc.importer.convert import Conversion, compile_written
from snnc.importer.converter.trial import Trial
from snnc.importer.decisions import Decision
from snnc.importer.linear import Shape
from snnc.importer.partial import written_part
from snnc.ir.mapped import MappedNetwork
from snnc.passes import Compilation


@dataclass(frozen=True, slots=True)
class Explained:
    """A layer of Keras: what becomes of it here and, if it was tried, by NengoDL."""

    name: str
    kind: str
    decisions: tuple[Decision, ...]
    trial: Trial | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer of the spec and its cores; None on the host."""

    name: str
    kind: str
    shape: Shape
    neurons: int
    cores: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it.

    Attributes
    ----------
    network :
        The layers of the spec with their cores; empty where it fits no chip. Where a
        layer was refused, those that could be drafted.
    is_part :
        Whether a layer was refused, and others were drafted.
    """

    model: str
    tool: str
    keras: str | None
    layers: tuple[Explained, ...]
    notes: tuple[str, ...]
    network: tuple[Placed, ...]
    is_refused: bool
    is_part: bool
    encode: str

    @property
    def cores(self) -> int:
        return sum(placed.cores or 0 for placed in self.network)


def explain(
    conversion: Conversion,
    compilation: Compilation | None,
    trials: Mapping[str, Trial],
) -> Explanation:
    """Gather an explanation.

    Parameters
    ----------
    compilation :
        Those of the compiler's passes over the spec.
    trials :
        By the layers' names; empty if the Converter was not run.
    """
    model, written = conversion.model, conversion.written
    told: dict[str, list[Decision]] = {layer.name: [] for layer in model.layers}
    for decision in conversion.decisions:
        told[decision.layer].append(decision)
    layers = tuple(
        Explained(
            layer.name,
            str(layer.options.get("node", layer.kind)),
            tuple(told[layer.name]),
            trials.get(layer.name),
        )
        for layer in model.layers
    )
    mapped = None if compilation is None else compilation.mapped
    part = None if conversion.walk is None else written_part(conversion.walk)
    if part is not None:
        device = conversion.wishes.device
        mapped = compile_written(part, "part.snn", Report(), device).mapped
    return Explanation(
        model=model.name,
        tool=model.tool,
        keras=model.keras,
        layers=layers,
        notes=() if written is None else written.notes,
        network=() if mapped is None else tuple(_placed(mapped, written is None)),
        is_refused=written is None,
        is_part=part is not None,
        encode="" if conversion.ends is None else _encode(conversion),
    )


def _encode(conversion: Conversion) -> str:
    assert conversion.ends is not None
    if conversion.ends.encoder is not None:
        return (
            f"{conversion.ends.encoder} makes the spikes, on the host: exact, and"
            " without cores (`--encode rate`: on the chip)"
        )
    return "values become rates: exact, but every layer takes cores"


def _placed(mapped: MappedNetwork, is_part: bool) -> Iterator[Placed]:
    network = mapped.lowered.network
    for layer in network.layers:
        levels = mapped.of_layer(layer.name)
        if not levels:
            continue
        neurons = sum(level.population.neurons for level in levels)
        cores = sum(level.cores for level in levels) or None
        yield Placed(layer.name, layer.kind, layer.shape, neurons, cores)
    readout = network.readout
    if is_part:  # it is none of the model
        return
    yield Placed(readout.name, "readout", readout.shape, 0, None)
