"""Walks over a model as ``nengo_dl.Converter`` does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from snnc.importer.converter.fallback import fallback
from snnc.importer.converter.network import (
    Call,
    Connection,
    Converted,
    ConverterError,
    NengoObject,
    Network,
    Source,
)
from snnc.importer.converter.shapes import output_shape
from snnc.importer.converter.table import HANDLERS
from snnc.importer.model import Layer, Model

Outcome = Converted | ConverterError


@dataclass(frozen=True, slots=True)
class Conversion:
    """What becomes of a model.

    Attributes
    ----------
    outcomes :
        For each layer what the converter makes of it, or its exception.
    network :
        All that is made. Where a layer becomes a TensorNode or an exception, layers
        behind it are converted as if it gave what the layer before it gives: spikes of
        neurons on the chip if any neurons are before it, else values of the host.
    """

    outcomes: Mapping[str, Outcome]
    network: Network


def convert(model: Model) -> Conversion:
    """Convert a model, layer by layer."""
    return _Walk(model).run()


class _Walk:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.sources: dict[str, Source] = {}
        self.entries: dict[tuple[str, str], NengoObject] = {}
        self.connections: list[Connection] = []

    def run(self) -> Conversion:
        outcomes = {layer.name: self._layer(layer) for layer in self.model.layers}
        made = [end for c in self.connections for end in (c.pre, c.post)]
        outputs = tuple(self.sources[name].object for name in self.model.outputs)
        objects = tuple(dict.fromkeys([*made, *outputs]))
        network = Network(objects, tuple(self.connections), outputs)
        return Conversion(outcomes, network)

    def _layer(self, layer: Layer) -> Outcome:
        shape = output_shape(layer, [self.sources[name].shape for name in layer.reads])
        if layer.kind == "InputLayer":
            return self._input(layer)
        inputs = tuple(self._source(layer.name, name) for name in layer.reads)
        call = Call(layer, inputs, shape)
        outcome: Outcome
        try:
            self._check_submodels(layer.name)
            outcome = HANDLERS.get(layer.kind, fallback)(call)
        except ConverterError as error:
            outcome = error
        output = None
        if isinstance(outcome, Converted):
            output = outcome.output
            self.connections.extend(outcome.connections)
        self.sources[layer.name] = Source(output or _mended(call), shape)
        return outcome

    def _input(self, layer: Layer) -> Outcome:
        node = NengoObject(layer.name, "Node", fed=False)
        sizes = layer.options.get("batch_input_shape")
        if isinstance(sizes, list) and None not in sizes[1:]:
            self.sources[layer.name] = Source(node, tuple(sizes[1:]))
            return Converted(node)
        self.sources[layer.name] = Source(node, None)
        return ConverterError("its shape is not fixed")

    def _source(self, reader: str, read: str) -> Source:
        """Return what a layer reads, through the inputs of submodels on the way in."""
        source = self.sources[read]
        for submodel in self.model.submodels:
            inside = f"{submodel}/"
            if reader.startswith(inside) and not read.startswith(inside):
                source = Source(self._entry(submodel, read, source), source.shape)
        return source

    def _entry(self, submodel: str, read: str, source: Source) -> NengoObject:
        """Return the passthrough Node that is an input of a submodel."""
        found = self.entries.get((submodel, read))
        if found is not None:
            return found
        fed = source.object.fed or source.object.kind == "neurons"
        entry = NengoObject(submodel, "passthrough", fed)
        size = None if source.shape is None else math.prod(source.shape)
        made = Connection(submodel, source.object, entry, size=size)
        self.connections.append(made)
        self.entries[submodel, read] = entry
        return entry

    def _check_submodels(self, layer: str) -> None:
        for submodel, kind in self.model.submodels.items():
            if kind == "Sequential" and layer.startswith(f"{submodel}/"):
                raise ConverterError(
                    f"`{submodel}` is a Sequential model in another model, at which the"
                    " converter raises an IndexError"
                )


def _mended(call: Call) -> NengoObject:
    return NengoObject(call.name, "neurons" if call.fed else "Node", fed=call.fed)
