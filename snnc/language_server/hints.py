"""Costs beside the lines: what `snnc report` says of each layer, and of the whole."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork
from snnc.language_server.analysis import Analysis
from snnc.passes.validate.parts import head
from snnc.text.tables import counted, dims

Hint = tuple[int, str]
"""A place in the text, and what is shown there."""


def hints(analysis: Analysis) -> Iterator[Hint]:
    """What stands behind the network's name, and behind the line of each layer.

    Of a spec with errors, the shapes that are known.
    """
    network, mapped = analysis.made.network, analysis.mapped
    if network is None:
        return
    name = analysis.document.network
    if name is not None and mapped is not None:
        yield _behind(analysis, name.span.start), total(analysis)
    shapes = {layer.span: (layer.name, layer.shape) for layer in network.layers}
    for statement in analysis.document.statements:
        if (known := shapes.get(head(statement))) is not None:
            layer, shape = known
            at = _behind(analysis, statement.span.start)
            yield at, f"-> {dims(shape)}{_cost(layer, mapped)}"


def _cost(name: str, mapped: MappedNetwork | None) -> str:
    if mapped is None:
        return ""
    levels = mapped.of_layer(name)
    if not levels:
        return ", folded"
    count = sum(level.population.neurons for level in levels)
    neurons = f", {thousands(count, 'neuron')}"
    if not isinstance(mapped.lowered.network.target, Loihi):
        return neurons
    cores = sum(level.cores for level in levels)
    return f"{neurons}, {counted(cores, 'core')}" if cores else f"{neurons}, host"


def total(analysis: Analysis) -> str:
    """What the network takes; nothing where it has no mapping."""
    mapped, network = analysis.mapped, analysis.made.network
    if mapped is None or network is None:
        return ""
    on_chip = isinstance(network.target, Loihi)
    chosen = (p for p in mapped.populations if p.cores or not on_chip)
    neurons = thousands(sum(p.population.neurons for p in chosen), "neuron")
    return f"{neurons}, {counted(mapped.cores, 'core')}" if on_chip else neurons


def share(analysis: Analysis) -> str:
    """What the network takes of what its target has; nothing off the chip."""
    mapped, network = analysis.mapped, analysis.made.network
    if mapped is None or network is None or not isinstance(network.target, Loihi):
        return ""
    chips = counted(mapped.chips, "chip")
    return f"{mapped.cores} of {counted(network.target.cores, 'core')}, on {chips}"


def thousands(number: int, noun: str) -> str:
    """Write a number of things with commas: ``5,408 neurons``."""
    return counted(number, noun).replace(str(number), f"{number:,}", 1)


def _behind(analysis: Analysis, start: int) -> int:
    """Where what stands on a line ends, in front of a comment."""
    source = analysis.source
    line, _ = source.line_column(start)
    first = source.line_start(line)
    last = first + len(source.line_text(line))
    for comment in analysis.document.comments:
        if first <= comment.span.start < last:
            last = comment.span.start
    return first + len(source.text[first:last].rstrip())
