"""The properties of a device: the limits of its cores, and how it stores weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

MOST = 10**9
"""The largest legal number: far above any device, and small enough that sums don't
overflow."""


class Bounds:
    """The limits of a number, for pydantic, which only checks custom devices."""

    def __init__(self, **bounds: float) -> None:
        self._bounds = bounds

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema: Any = handler(source)
        return {**schema, **self._bounds}


Limit = Annotated[int, Bounds(strict=True, gt=0, le=MOST)]
Amount = Annotated[int, Bounds(strict=True, ge=0, le=MOST)]
Picojoules = Annotated[float, Bounds(strict=True, ge=0, le=MOST)]
Nanoseconds = Annotated[float, Bounds(strict=True, ge=0, le=MOST)]


class Table:
    """A table in a device file, which pydantic validates by its field types."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Sourced(Table):
    """A table that names the source of its numbers."""

    source: str


@dataclass(frozen=True, slots=True)
class Core(Sourced):
    """The limits of one core, in the units of ``block.utilization()``."""

    compartments: Limit
    in_axons: Limit
    out_axons: Limit
    synapse_bits: Limit


@dataclass(frozen=True, slots=True)
class Chip(Sourced):
    """The number of cores of a chip."""

    cores: Limit


@dataclass(frozen=True, slots=True)
class SynapseMemory(Sourced):
    """How weights are stored.

    ``page`` is the number of compartments that an axon's base address can select. The
    stored indices contain the rest of the address.
    """

    weight_bits: Limit
    index_bits: Annotated[tuple[Amount, ...], Bounds(min_length=1)]
    chunk: Limit
    header_bits: Amount
    memory_unit: Limit
    page: Limit

    def index_width(self, top: int) -> int:
        """Return the smallest index width that holds ``top``, or the widest."""
        need = top.bit_length()
        return next((b for b in self.index_bits if b >= need), self.index_bits[-1])

    def array_bits(self, weights: int, width: int) -> int:
        """Return the size of an array of ``weights`` entries of ``width`` bits."""
        full, rest = divmod(weights, self.chunk)
        bits = full * self._chunk_bits(self.chunk, width)
        return bits + (self._chunk_bits(rest, width) if rest else 0)

    def learned_bits(self, units: int) -> int:
        """Return the size of an axon's weights to a readout that learns."""
        # nengo-loihi learns with two compartments per unit.
        return self.array_bits(2 * units, self.weight_bits)

    def _chunk_bits(self, weights: int, width: int) -> int:
        return -(-(weights * width + self.header_bits) // self.memory_unit) * (
            self.memory_unit
        )


@dataclass(frozen=True, slots=True)
class Axons(Sourced):
    """The out-axon slots of each format, and the conditions of the short format, pop16.

    ``pop16_atoms`` is the maximum number of channels in a source. ``pop16_in_axons`` is
    the maximum number of axons on the target's core (axon numbers have 10 bits).
    ``pop16_base`` must divide every compartment base.
    """

    pop16_slots: Limit
    pop32_slots: Limit
    discrete_slots: Limit
    pop16_atoms: Amount
    pop16_in_axons: Amount
    pop16_base: Limit


@dataclass(frozen=True, slots=True)
class Energy(Sourced):
    """The energy of events on the chip, in picojoules.

    ``spike`` is the energy of a spike within a tile (a group of neighbouring cores).
    ``active_update`` and ``inactive_update`` are per neuron and step, and
    ``synaptic_update`` is per weight that learns.
    """

    synaptic_operation: Picojoules
    spike: Picojoules
    active_update: Picojoules
    inactive_update: Picojoules
    synaptic_update: Picojoules = 120.0


@dataclass(frozen=True, slots=True)
class Times(Sourced):
    """The durations of events on the chip, in nanoseconds.

    ``neuron_update`` is per neuron and step, ``spike`` per neuron that fires, and
    ``message_out`` and ``message_in`` per spike and core that receives it. ``barrier``
    is the time for synchronising the cores of ``barrier_tiles`` or more tiles (groups
    of 4 cores).
    """

    neuron_update: Nanoseconds
    spike: Nanoseconds
    message_out: Nanoseconds
    message_in: Nanoseconds
    synaptic_operation: Nanoseconds
    barrier: Annotated[tuple[Nanoseconds, ...], Bounds(min_length=1)]
    barrier_tiles: Annotated[tuple[Limit, ...], Bounds(min_length=1)]


@dataclass(frozen=True, slots=True)
class Traffic(Sourced):
    """The limit of spikes from the host.

    ``input_spikes`` is the maximum per chip and step. nengo-loihi drops further spikes,
    unless all are precomputed.
    """

    input_spikes: Limit


@dataclass(frozen=True, slots=True)
class Board(Sourced):
    """The limits that nengo-loihi only checks on a board, and the size of a board.

    ``synapse_formats`` is the limit per core, and ``chips`` the default number of
    chips. A board can't record ``too_many_recorded`` neurons; the exact limit is not
    public.
    """

    synapse_formats: Limit
    chips: Limit
    too_many_recorded: Limit = 2304


BOARD = Board(
    "nengo_loihi/hardware/validate.py:13-21, interface.py:71, keras-to-loihi.ipynb",
    synapse_formats=15,
    chips=2,
)


@dataclass(frozen=True, eq=False, slots=True)
class Profile(Table):
    """One device.

    With ``strict``, a possible failure on a board is an error instead of a warning.
    """

    name: str
    core: Core
    chip: Chip
    synapse: SynapseMemory
    axon: Axons
    energy: Energy
    traffic: Traffic
    time: Times
    least_time: Times
    board: Board = BOARD
    strict: Annotated[bool, Bounds(strict=True)] = False
