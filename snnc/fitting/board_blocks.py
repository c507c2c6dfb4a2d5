"""Advise blocks with which a layer fits on a core of a board, not only the emulator's.

Predict also which layers of a changed network may not fit there. The limits of a board
are uncertain, because NxSDK is not public (decision 036).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from math import ceil

from snnc.diagnostics import Diagnostics
from snnc.fitting.trials import Change, OutOfWorkError, Trials
from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork, Registers, block_of, most_axons
from snnc.ir.shapes import Shape
from snnc.language.model import ValidatedSpec
from snnc.rules.loihi import UncertainFormats, UncertainOutAxons
from snnc.text.tables import counted, dims

TRIES = 4
"""The number of blocks to try per axis."""
Uncertain = UncertainFormats | UncertainOutAxons


def advise_board_blocks(
    spec: ValidatedSpec, mapped: MappedNetwork, report: Diagnostics
) -> None:
    """Name a smaller `block` in each warning about a core, if one is enough."""
    target = mapped.lowered.network.target
    uncertain = [d for d in report.diagnostics if isinstance(d, Uncertain)]
    if not uncertain or not isinstance(target, Loihi):
        return
    trials = Trials(spec, target, mapped.lowered.network.device)
    if not trials.countable:
        return
    with suppress(OutOfWorkError):  # the other warnings stay as they are
        for warning in uncertain:
            if advice := _advise_block(warning, mapped, trials):
                report.withdraw(warning)
                # `but` copies only the values of a rule, not a changed severity.
                report.add(warning.but(advice=advice).graded(warning.severity))


def _advise_block(warning: Uncertain, mapped: MappedNetwork, trials: Trials) -> str:
    """Return the advice to write a smaller block, or an empty text."""
    (population, *levels) = mapped.of_layer(warning.name)
    block = block_of(population)
    is_pool = population.population.layer.operation.compares
    if block is None or levels or is_pool:
        return ""
    needed = _need(warning, mapped)
    for smaller in _smaller_blocks(block, ceil(needed / warning.most)):
        split = trials.map((Change(warning.name, "block", smaller),))
        if split is not None and _need(warning, split) <= warning.most:
            more = split.cores - mapped.cores
            cost = f", which takes {counted(more, 'more core')}" if more > 0 else ""
            return f"write `block {dims(smaller)}` in `{warning.name}`{cost}, or "
    return ""


def _need(warning: Uncertain, mapped: MappedNetwork) -> int:
    """Return how many of the resources in a warning the layer needs on a core."""
    if isinstance(warning, UncertainOutAxons):
        return most_out_axons(mapped, warning.name)
    return most_formats(mapped, warning.name)


def _smaller_blocks(block: Shape, parts: int) -> Iterator[Shape]:
    """Yield blocks with one shorter axis, first those in at least ``parts`` parts.

    The last axis of a block with slices counts the filters of all its slices.
    """
    for divisor in range(parts, parts + TRIES):
        for axis in sorted(range(len(block)), key=lambda axis: -block[axis]):
            size = ceil(block[axis] / divisor)
            if block[axis] < divisor:
                continue
            if len(block) == 4 and axis == 0:
                yield (size, *block[1:3], block[3] // block[0] * size)
            else:
                yield (*block[:axis], size, *block[axis + 1 :])


def most_out_axons(mapped: MappedNetwork, name: str) -> int:
    """Return the most out-axons that a core of a layer may need on a board."""
    return max((most_axons(mapped, r) for r in _registers(mapped, name)), default=0)


def most_formats(mapped: MappedNetwork, name: str) -> int:
    """Return the most synapse formats that a core of a layer may need."""
    return max((r.formats for r in _registers(mapped, name)), default=0)


def _registers(mapped: MappedNetwork, name: str) -> Iterator[Registers]:
    for level in mapped.of_layer(name):
        for ensemble in level.ensembles:
            yield from ensemble.registers


def is_needed_on_board(mapped: MappedNetwork, other: MappedNetwork, name: str) -> bool:
    """Return whether a layer fits on a board's core as mapped, but not in another.

    A `block` that costs cores is then necessary for the board.
    """
    device = mapped.lowered.network.device
    axons = device.core.out_axons
    formats = device.board.synapse_formats
    needs_axons = most_out_axons(mapped, name) <= axons < most_out_axons(other, name)
    needs_formats = most_formats(mapped, name) <= formats < most_formats(other, name)
    return needs_axons or needs_formats


def predict_risks(mappings: Iterable[MappedNetwork | None]) -> str:
    """Say in which layers of changed networks the out-axons may not fit on a board."""
    names: dict[str, None] = {}
    for mapped in mappings:
        if mapped is None:
            continue
        for layer in mapped.lowered.network.layers:
            most = mapped.lowered.network.device.core.out_axons
            if most_out_axons(mapped, layer.name) > most:
                names[layer.name] = None
    if not names:
        return ""
    listed = ", ".join(f"`{name}`" for name in names)
    return (
        f"after that, the out-axons of {listed} may not fit on a core of a board: to "
        f"accept this, write `# snnc: allow SNN412 reason` above {listed}"
    )
