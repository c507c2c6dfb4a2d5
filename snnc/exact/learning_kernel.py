"""The block that learns, as in `nengo_loihi.emulator.interface.SynapseState`."""

from __future__ import annotations

import numpy as np

from snnc.exact import kernel
from snnc.exact.kernel import run_spikes, step_segment
from snnc.exact.tables import (
    BuiltChip,
    ChipState,
    Floats,
    HostState,
    Int64,
    LearningState,
    LearningTable,
    Lessons,
    jit,
    jit_after,
)

LEARN_FRAC = 7  # fractional bits of a weight that learns
LARGEST_TRACE = 127
ERROR_STEP = 4


@jit
def _read_outputs(learning: LearningTable, memory: LearningState) -> Floats:
    """Return a step's outputs, and update their filter."""
    units = len(memory.filtered)
    outputs = learning.bias.copy()
    for j in range(units):
        received = learning.scale * (memory.held[j] - memory.held[units + j])
        if learning.direct:
            memory.filtered[j] = received
        outputs[j] += memory.filtered[j]
        kept = learning.keep * memory.filtered[j]
        memory.filtered[j] = kept + learning.add * received
    return outputs


@jit
def _round_errors(learning: LearningTable, outputs: Floats, target: Floats) -> Int64:
    """Return the output errors as the integers that the host sends."""
    if learning.softmax:
        outputs = np.exp(outputs - outputs.max())
        outputs /= outputs.sum()
    largest = learning.error
    errors = np.minimum(np.maximum(outputs - target, -largest), largest)
    steps: Int64 = np.rint(errors * learning.error_steps).astype(np.int64)
    return steps * ERROR_STEP


@jit
def _update_traces(
    learning: LearningTable, memory: LearningState, drawn: Floats
) -> None:
    for i in range(len(drawn)):
        trace = learning.trace_keep * memory.traces[i]
        if memory.spiked[i]:
            trace += learning.increment
        whole = np.floor(trace)
        rounded = np.int32(whole) + (trace - whole > drawn[i])
        memory.lost[1] += rounded > LARGEST_TRACE
        memory.traces[i] = min(rounded, LARGEST_TRACE)
    memory.spiked[:] = 0


@jit
def _shift(value: np.int64, bits: int) -> np.int64:
    return value << bits if bits >= 0 else value >> -bits


@jit
def _update_weights(
    learning: LearningTable, memory: LearningState, errors: Int64, drawn: Floats
) -> None:
    """Add the products of traces and errors to the weights."""
    units, exponent = len(errors), learning.weight_exponent
    largest = (256 >> learning.lost_bits) - 1
    for i in np.flatnonzero(memory.traces):
        for j in range(2 * units):
            error = -errors[j] if j < units else errors[j - units]
            product = np.int64(memory.traces[i]) * error * learning.rate
            weight = _shift(np.int64(memory.weights[i, j]), LEARN_FRAC - exponent)
            weight += _shift(product, learning.rate_shift)
            size = abs(weight) * 2.0 ** (-LEARN_FRAC - learning.lost_bits)
            whole = np.floor(size)
            rounded = np.int64(whole) + (size - whole > drawn[i, j])
            memory.lost[2] += rounded > largest
            rounded = min(rounded, largest) << (exponent + learning.lost_bits)
            memory.weights[i, j] = -rounded if weight < 0 else rounded


@jit_after(kernel)
def _learn(
    chip: BuiltChip,
    learning: LearningTable,
    state: ChipState,
    memory: LearningState,
    lessons: Lessons,
    example: int,
) -> None:
    """Run the learning block for the example whose spikes are in ``state``."""
    rows = lessons.rows[example]
    steps = len(rows)
    start = chip.fanin.start[learning.block]
    first, stop = chip.fanin.segment[learning.block : learning.block + 2]
    next_spike = state.begin[learning.source]
    traced = learned = 0
    for t in range(steps):
        rows[t] = _read_outputs(learning, memory)
        inflow = state.inflow[t, : len(memory.held)]
        for i in range(len(next_spike)):
            k = next_spike[i]
            if k < state.end[learning.source[i]] and state.times[k] == t:
                next_spike[i] += 1
                inflow += memory.weights[i]
                memory.lost[0] += memory.spiked[i]
                memory.spiked[i] = 1
        memory.step[0] += 1
        if memory.step[0] % learning.trace_epoch == 0:
            _update_traces(learning, memory, lessons.traces[example, traced])
            traced += 1
        if memory.step[0] % learning.weight_epoch == 0:
            if t >= steps // 2:
                errors = _round_errors(learning, rows[t], lessons.targets[example])
                drawn = lessons.weights[example, learned]
                _update_weights(learning, memory, errors, drawn)
            learned += 1
        for segment in range(first, stop):
            step_segment(segment, start, t, chip.compartments, state)
        memory.held[:] = state.voltage[start : start + len(memory.held)]


@jit_after(kernel)
def learn_examples(
    chip: BuiltChip,
    learning: LearningTable,
    state: ChipState,
    host: HostState,
    memory: LearningState,
    lessons: Lessons,
) -> None:
    """Run examples one after another while the readout learns."""
    for e in range(len(lessons.charges)):
        run_spikes(chip, state, host, lessons.charges[e])
        _learn(chip, learning, state, memory, lessons, e)
