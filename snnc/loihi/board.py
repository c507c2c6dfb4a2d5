"""Warn if a mapped network may fail on a board although it runs in the emulator."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Label, Severity
from snnc.ir.logical import LogicalLayer, Loihi
from snnc.ir.mapped import MappedNetwork, Registers, most_axons
from snnc.loihi.activity import read_by_host
from snnc.rules.loihi import (
    ChipsUnasked,
    CostlyAxons,
    ManyRecorded,
    MixedAxons,
    UncertainFormats,
    UncertainOutAxons,
)
from snnc.text.tables import counted

RECORDED = 784
"""The most neurons that nengo-loihi's tests for boards record: `test_conv_deepnet`."""


def doubts(mapped: MappedNetwork) -> Iterator[Diagnostic]:
    """Yield possible failures, as errors if the device is strict."""
    strict = mapped.lowered.network.device.strict
    for diagnostic in _doubts(mapped):
        yield diagnostic.graded(Severity.ERROR) if strict else diagnostic
    yield from _prices(mapped)


def _doubts(mapped: MappedNetwork) -> Iterator[Diagnostic]:
    network = mapped.lowered.network
    target, board = network.target, network.device.board
    assert isinstance(target, Loihi)
    if mapped.of_both_forms:
        first, *others = _layers(mapped, mapped.of_both_forms)
        yield MixedAxons(
            span=first.span,
            related=_labels(others),
            layers=_names([first, *others]),
            allowed=target.cores,
        )
    for layer in network.layers:
        found = registers_of(mapped, layer.name)
        if found:
            yield from _of_layer(mapped, layer, found)
    read = read_by_host(mapped)
    neurons = sum(mapped.by_name[name].population.neurons for name in read)
    if neurons >= board.too_many_recorded:
        yield ManyRecorded(
            span=network.readout.span,
            neurons=neurons,
            layers=_names(_layers(mapped, read)),
            limit=board.too_many_recorded,
            works=min(RECORDED, board.too_many_recorded - 1),
        )
    if mapped.chips > board.chips:
        yield ChipsUnasked(span=target.span, chips=mapped.chips, usual=board.chips)


def _of_layer(
    mapped: MappedNetwork, layer: LogicalLayer, registers: tuple[Registers, ...]
) -> Iterator[Diagnostic]:
    device = mapped.lowered.network.device
    fullest = max(registers, key=lambda each: most_axons(mapped, each))
    if most_axons(mapped, fullest) > device.core.out_axons:
        yield UncertainOutAxons.at(
            layer,
            shared=fullest.shared_axons,
            own=most_axons(mapped, fullest),
            most=device.core.out_axons,
        )
    formats = max(each.formats for each in registers)
    if formats > device.board.synapse_formats:
        most = device.board.synapse_formats
        yield UncertainFormats.at(layer, formats=formats, most=most)


def registers_of(mapped: MappedNetwork, name: str) -> tuple[Registers, ...]:
    """Return the registers of all cores of a layer."""
    ensembles = (e for level in mapped.of_layer(name) for e in level.ensembles)
    return tuple(each for ensemble in ensembles for each in ensemble.registers)


def _prices(mapped: MappedNetwork) -> Iterator[Diagnostic]:
    unmixed = mapped.unmixed
    if unmixed is not None and unmixed.cores:
        first, *others = _layers(mapped, tuple(unmixed.axons))
        yield CostlyAxons(
            span=first.span,
            related=_labels(others),
            layers=_names([first, *others]),
            more=counted(unmixed.cores, "core"),
        )


def _layers(mapped: MappedNetwork, populations: tuple[str, ...]) -> list[LogicalLayer]:
    """Return the layers of some populations, in spec order."""
    named = {mapped.by_name[name].population.layer.name for name in populations}
    return [layer for layer in mapped.lowered.network.layers if layer.name in named]


def _labels(layers: list[LogicalLayer]) -> tuple[Label, ...]:
    return tuple(Label(layer.span, "this layer too") for layer in layers)


def _names(layers: list[LogicalLayer]) -> str:
    return ", ".join(layer.name for layer in layers)
