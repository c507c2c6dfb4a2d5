"""The integers of a chip that nengo-loihi has built, and the state of a run.

Sources are all neurons whose spikes reach the chip: the compartments, block by block,
followed by neurons on the host. The records are named tuples because numba supports
these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from numba import njit  # type: ignore[import-untyped]
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Counts = NDArray[np.uint16]
Function = TypeVar("Function", bound=Callable[..., object])


def jit(function: Function) -> Function:
    """Compile without the interpreter lock, cache on disk, and keep the type.

    numba looks for changes only in a function's own file, so a function may only call
    compiled functions of the same file.
    """
    made: Function = njit(function, nogil=True, cache=True)
    return made


class Compartments(NamedTuple):
    """The compartments of all blocks, split into segments of equal constants.

    ``bias`` has one value per compartment; other fields have one value per segment.
    ``keep_u`` and ``keep_v`` are the fractions of current and voltage, in units of
    1/4096, that remain after a step. No segment spans two blocks.
    """

    bias: Int32
    start: Int64
    stop: Int64
    keep_u: Int32
    keep_v: Int32
    v_min: Int32
    v_max: Int32
    threshold: Int32
    refractory: Int32


class Rows(NamedTuple):
    """The weights that one spike adds: each row is a set of runs of compartments.

    Row ``i`` has the runs ``first[i]`` to ``first[i + 1]``. Run ``r`` adds
    ``length[r]`` weights, starting at ``weights[begin[r]]``, to the compartments
    starting at ``offset[r]``, relative to the axon's base.
    """

    first: Int64
    offset: Int64
    begin: Int64
    length: Int64
    weights: Int32


class Fanin(NamedTuple):
    """The input axons of each block, ordered so that no block reads a later block.

    Block ``b`` has the compartments ``start[b]`` to ``start[b + 1]``, the segments
    ``segment[b]`` to ``segment[b + 1]`` and the axons ``first[b]`` to ``first[b + 1]``.
    ``order`` lists the blocks. Axon ``a`` adds the row ``row[a]`` of `Rows` for each
    spike of the neuron ``source[a]``, from the compartment ``base[a]`` of the block on.
    """

    order: Int64
    start: Int64
    segment: Int64
    first: Int64
    source: Int64
    row: Int64
    base: Int64


class BuiltChip(NamedTuple):
    """The constants for simulating the chip."""

    compartments: Compartments
    rows: Rows
    fanin: Fanin


class OutputFilter(NamedTuple):
    """The filter of the outputs, and the bias after it.

    The filter is ``y[t] = keep * y[t - 1] + add * x[t]``, and the output of a step is
    the value before it. ``direct`` means that there is no filter.
    """

    bias: Floats
    keep: float
    add: float
    direct: bool


class ReadoutTable(NamedTuple):
    """The weights from spikes to the outputs: a spike of a source adds its weights.

    Source ``source[i]`` has the runs ``first[i]`` to ``first[i + 1]``. Run ``r`` adds
    ``length[r]`` weights, starting at ``weights[begin[r]]``, to the units starting at
    ``unit[r]``.
    """

    source: Int64
    first: Int64
    unit: Int64
    begin: Int64
    length: Int64
    weights: Floats
    filter: OutputFilter


class RunResults(NamedTuple):
    """Arrays that a run of examples fills.

    ``rows`` contains the outputs, (examples, steps, units). ``counts``, (examples,
    sources), and ``spikes``, (examples, steps, sources), are empty if unused.
    """

    rows: Floats
    counts: Counts
    spikes: Bytes


class LearningTable(NamedTuple):
    """A readout that learns with PES: a block of outputs, and its host.

    ``source`` contains the source of each in-axon of the block. Each unit has two
    compartments, for its positive and its negative values. The unit's value is
    ``scale`` times their difference, which the host filters.
    """

    block: int
    source: Int64
    trace_epoch: int
    trace_keep: float
    increment: float
    weight_epoch: int
    weight_exponent: int
    lost_bits: int
    rate: int
    rate_shift: int
    scale: float
    filter: OutputFilter
    error: float
    error_steps: float
    softmax: bool


class LearningState(NamedTuple):
    """The state that learning changes.

    ``weights`` has the shape (axons, 2 units), and ``held`` contains the block's
    voltages. ``spiked`` marks the axons that have spiked since the last update of
    ``traces``. ``lost`` counts spikes that traces missed, because a trace registers one
    spike every two steps, and clipped traces and weights. The emulator warns about
    these.
    """

    weights: Int32
    traces: Int32
    spiked: Bytes
    held: Int32
    filtered: Floats
    step: Int64
    lost: Int64


class Lessons(NamedTuple):
    """Examples from which a readout learns, and their outputs.

    ``charges`` is as in `run_examples`, and ``targets`` has the shape (examples,
    units). ``traces``, (examples, updates, axons), and ``weights``, (examples, updates,
    axons, 2 units), contain uniform random numbers for rounding; some may be unused.
    ``rows``, (examples, steps, units), is filled with the outputs.
    """

    charges: Floats
    targets: Floats
    traces: Floats
    weights: Floats
    rows: Floats


class ChipState(NamedTuple):
    """The state that a run changes on the chip.

    ``inflow`` and ``spiked``, of shape (steps, compartments), belong to one block at a
    time. ``ids`` and ``starts`` list the compartments of this block that fired, step by
    step.

    The arrival steps of source ``s`` are ``times`` from ``begin[s]`` to ``end[s]``.
    Spikes from before the run arrive at step 0. The time of spikes that arrive after
    the run is the number of steps, and ``last`` marks their sources. ``used`` is the
    number of times. ``overflows`` counts overflows of input, current and biased
    current.
    """

    current: Int32
    voltage: Int32
    waiting: Int32
    inflow: Int32
    spiked: Bytes
    words: NDArray[np.uint64]
    ids: Int32
    starts: Int64
    times: Counts
    begin: Int64
    end: Int64
    last: Bytes
    used: Int64
    overflows: Int64


class HostState(NamedTuple):
    """The state that a run changes on the host.

    ``ids`` and ``starts`` list the encoders' spikes, like those of a block in
    `ChipState`. ``fresh`` is 1 until the readout has received a message. ``voltage``
    begins at ``initial``.
    """

    initial: Floats
    voltage: Floats
    ids: Int32
    starts: Int64
    filtered: Floats
    fresh: Bytes


def resting_state(blocks: Int64, sources: int, steps: int) -> ChipState:
    """Return the state of a chip before the first step."""
    size = int(blocks[-1])
    widest = int(np.diff(blocks).max())
    # A multiple of eight, to read the flags as 64-bit words.
    spiked = np.zeros(-(-widest // 8) * 8, np.uint8)
    return ChipState(
        current=np.zeros(size, np.int32),
        voltage=np.zeros(size, np.int32),
        waiting=np.zeros(size, np.int32),
        inflow=np.zeros((steps, widest), np.int32),
        spiked=spiked,
        words=spiked.view(np.uint64),
        ids=np.empty(widest * steps, np.int32),
        starts=np.zeros(steps + 1, np.int64),
        times=np.empty(sources * (steps + 1), np.uint16),
        begin=np.zeros(sources, np.int64),
        end=np.zeros(sources, np.int64),
        last=np.zeros(sources, np.uint8),
        used=np.zeros(1, np.int64),
        overflows=np.zeros(3, np.int64),
    )


def host_state(voltage: Floats, units: int, steps: int) -> HostState:
    """Return the state of encoders and a readout before the first step."""
    return HostState(
        initial=voltage,
        voltage=voltage.copy(),
        ids=np.empty(len(voltage) * steps, np.int32),
        starts=np.zeros(steps + 1, np.int64),
        filtered=np.zeros(units),
        fresh=np.ones(1, np.uint8),
    )
