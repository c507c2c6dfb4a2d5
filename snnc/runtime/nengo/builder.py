# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Builds a network in native Nengo, layer by layer."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from math import prod
from typing import Any, Literal, get_args

import nengo
import numpy as np

from ..examples import Array
from ..layout import Tensors
from ..network import Cut, Network, Volume, volume_of
from . import import_nengo_loihi
from .connections import Compare, Connection, Part, SplitLayer
from .neurons import BuiltNetwork, neuron_type, split_name

Mode = Literal["spiking", "rate"]


class NetworkBuilder:
    """Adds layers to a Nengo network, ``net``, within ``with builder.net``."""

    _input: nengo.Node
    _readout: nengo.Node

    def __init__(
        self,
        network: Network,
        tensors: Tensors,
        mode: Mode = "spiking",
        seed: int = 0,
    ) -> None:
        """Begin with an empty network.

        ``tensors`` are the network's weights. In mode "spiking", all states
        are zero at the start, except for spread encoder voltages. In mode
        "rate", there are no filters. Raises ValueError for other modes.
        """
        if mode not in get_args(Mode):
            raise ValueError(f"mode is {mode!r}, not 'spiking' or 'rate'")
        self.net = nengo.Network(label=network.name, seed=seed)
        self._network = network
        self._tensors = tensors
        self._spiking = mode == "spiking"
        self._layers: dict[str, list[nengo.Ensemble]] = {}
        self._terms: dict[str, tuple[Compare, ...]] = {}
        self._relays: dict[str, SplitLayer] = {}
        self._learning: Any = None
        self._loihi: Any = None
        # Mode "rate" runs on Nengo alone, as does "spiking" without
        # nengo-loihi.
        on_chip = self._spiking and network.target == "loihi"
        if on_chip and find_spec("nengo_loihi"):
            self._loihi = import_nengo_loihi()
            self._loihi.add_params(self.net)

    def input(self, images: Array | None) -> SplitLayer:
        """Add the node that presents the examples, on the host.

        ``images`` has the shape (examples, *input shape); without images, the
        node outputs zeros. Raises ValueError if the shape is different.
        """
        given = self._network.input
        shown = np.zeros(given.shape).ravel()
        if images is not None:
            images = np.asarray(images)
            if images.shape[1:] != given.shape or len(images) == 0:
                wanted = f"not (examples, *{given.shape})"
                raise ValueError(f"images have shape {images.shape}, {wanted}")
            rows = images.reshape(len(images), -1)
            shown = nengo.processes.PresentInput(rows, self._network.present)
        self._input = nengo.Node(shown, label=given.name)
        values = self._scaled(self._input)
        volume = volume_of(given.shape)
        depth = volume[0]
        if depth == 1:
            whole = Part(given.name, values, range(1))
            return SplitLayer(given.name, volume, (whole,))
        # Nengo's convolutions have no depth, so each reads single slices.
        parts = []
        size = prod(volume[1:])
        for i in range(depth):
            pixels = values[i * size : (i + 1) * size]
            parts.append(Part(f"{given.name}[{i}]", pixels, range(i, i + 1)))
        return SplitLayer(given.name, volume, tuple(parts))

    def _scaled(self, values: nengo.Node) -> nengo.Node:
        """Return the input in the range of the spec's `as`, if it has one."""
        given = self._network.input
        if given.scaled is None:
            return values
        start, stop = given.scaled
        slope = (stop - start) / (given.high - given.low)
        scaled = nengo.Node(
            lambda _, x: start + slope * (x - given.low),
            size_in=values.size_out,
            label=f"{given.name}_scaled",
        )
        nengo.Connection(values, scaled, synapse=None)
        return scaled

    def layer(self, name: str, *connections: Connection) -> SplitLayer:
        """Add the ensembles of a layer and its inputs."""
        population = self._neurons(name)
        for connection in connections:
            self._connect(connection, population)
        return population

    def maxpool(self, name: str, *compared: Compare) -> tuple[SplitLayer, ...]:
        """Add the neurons of a max pool; return them level by level.

        Layers that read the pool read some of these neurons, and some of its
        source.
        """
        pool = self._network.layers[name].pool
        assert pool is not None
        levels: list[SplitLayer] = []

        def sources(one: int | None) -> Sequence[Compare]:
            return compared if one is None else [Compare(levels[one])]

        for i, level in enumerate(pool.tree.levels):
            population = self._neurons(f"{name}.{i + 1}")
            for read in level.reads:
                for source in sources(read.level):
                    given = replace(source, grid=read.grid, nodes=read.nodes)
                    seen = replace(given, level=level)
                    self._connect(seen, population)
            levels.append(population)
        terms: list[Compare] = []
        for pick in pool.tree.picks:
            several = sources(pick.level)
            terms += [replace(one, grid=pick.grid) for one in several]
        self._terms[name] = tuple(terms)
        return tuple(levels)

    def _neurons(self, name: str) -> SplitLayer:
        """Add the ensembles of a layer, or of a level of a max pool."""
        own, level = split_name(name)
        layer = self._network.layers[own]
        volume = layer.levels[level]
        cut = layer.cuts[level]
        bias = self._tensors.get(f"{name}.bias")
        voltages = layer.first_voltages(name)
        gain = layer.neuron.gain(layer.high)
        rest = layer.neuron.rest
        depth = volume[0]
        group = cut.slices_per_ensemble
        ensembles = self._layers.setdefault(own, [])
        parts = []
        for start in range(0, depth, group):
            slices = range(start, min(start + group, depth))
            part = f"{name}[{slices.start}:{slices.stop}]"
            size = len(slices) * prod(volume[1:])
            current = np.full(size, rest)
            voltage = None
            if bias is not None:
                values = values_of(bias, volume, slices)
                current += gain * np.tile(values, size // len(values))
            if voltages is not None:
                voltage = values_of(voltages, volume, slices)
            ensemble = nengo.Ensemble(
                size,
                # Connections join neurons, so dimensions don't matter.
                dimensions=1,
                encoders=np.ones((size, 1)),
                gain=np.full(size, gain),
                bias=current,
                neuron_type=neuron_type(
                    layer,
                    spiking=self._spiking,
                    voltage=voltage,
                ),
                label=name if depth <= group else part,
            )
            ensembles.append(ensemble)
            parts.append(Part(ensemble.label, ensemble.neurons, slices))
            self._place(parts[-1], cut, volume)
        return SplitLayer(name, volume, tuple(parts))

    def readout(self, *connections: Connection) -> None:
        """Add the readout's node, on the host, and its inputs."""
        readout = self._network.readout
        bias = self._tensors[f"{readout.name}.bias"]
        self._readout = nengo.Node(
            lambda _, x: (x.reshape(-1, len(bias)) + bias).ravel(),
            size_in=readout.units,
            label=readout.name,
        )
        whole = Part(readout.name, self._readout, range(1))
        volume = volume_of(readout.image or (readout.units,))
        population = SplitLayer(readout.name, volume, (whole,))
        for connection in connections:
            self._connect(connection, population)

    def finish(self, probe: Sequence[str] = ()) -> BuiltNetwork:
        """Probe the readout and the named layers; return the network.

        Raises ValueError if a layer is unknown.
        """
        layers = self._network.layers
        for name in probe:
            if name not in layers:
                known = list(layers)
                raise ValueError(f"no layer {name!r} to probe: {known}")
        needed = list(dict.fromkeys(probe))
        for name in needed:
            # A max pool is a sum over other layers too.
            for term in self._terms.get(name, ()):
                layer = split_name(term.source.name)[0]
                needed += [layer] if layer not in needed else []
        with self.net:
            output = nengo.Probe(self._readout, label=self._readout.label)
            probes = {}
            for name in needed:
                every = self._layers[name]
                own = [nengo.Probe(e.neurons, label=e.label) for e in every]
                probes[name] = own
        return BuiltNetwork(
            self.net,
            self._input,
            self._layers,
            output,
            probes,
            self._network,
            self._terms,
            self._learning,
        )

    def _place(self, part: Part, cut: Cut, volume: Volume) -> None:
        """Put an ensemble on the host, or on the chip block by block."""
        if self._loihi is None:
            return
        config = self.net.config[part.neurons.ensemble]
        block = cut.block_shape
        if block is None:
            config.on_chip = False
            return
        height, width, slices, channels = part.shape(volume)
        shape = (height, width, slices * channels)
        # A dense layer's block has one axis, a convolution's has three.
        own = shape[-len(block) :]
        config.block_shape = self._loihi.BlockShape(block, own)

    def _connect(self, connection: Connection, reader: SplitLayer) -> None:
        """Connect a layer, or the readout, by the filter of its synapse."""
        layer = self._network.layers.get(split_name(reader.name)[0])
        readout = self._network.readout
        on_chip = False
        synapse = readout.synapse
        relays = bool(readout.image)
        if layer is not None:
            synapse = None if layer.encoder else layer.synapse
            on_chip = layer.on_chip
            relays = not layer.on_chip
        if relays:
            source = self._on_host(connection.source)
            connection = replace(connection, source=source)
        links = connection.links(reader, self._tensors)
        for pre, post, transform in links:
            made = nengo.Connection(
                pre.neurons,
                post.neurons,
                transform=transform,
                synapse=synapse if self._spiking else None,
                label=f"{pre.label} to {post.label}",
            )
            if self._loihi is not None and on_chip and connection.pop_type:
                self.net.config[made].pop_type = connection.pop_type

    def _on_host(self, source: SplitLayer) -> SplitLayer:
        """Return a source on the host: only Dense may read the chip."""
        layer = self._network.layers.get(split_name(source.name)[0])
        if self._loihi is None or layer is None or not layer.on_chip:
            return source
        if source.name not in self._relays:
            relays = []
            for part in source.parts:
                label = f"{part.label} on host"
                size = part.neurons.size_out
                node = nengo.Node(lambda _, x: x, size_in=size, label=label)
                to = f"{part.label} to {label}"
                nengo.Connection(part.neurons, node, synapse=None, label=to)
                relays.append(Part(label, node, part.slices))
            relayed = replace(source, parts=tuple(relays))
            self._relays[source.name] = relayed
        return self._relays[source.name]


def values_of(values: Array, volume: Volume, slices: range) -> Array:
    """Return the values of some depth slices, in their ensemble's order.

    Values with one axis, per channel or of a single slice, stay unchanged.
    """
    if values.ndim == 1:
        return values
    part = values.reshape(volume)[slices.start : slices.stop]
    return np.moveaxis(part, 0, 2).ravel()
