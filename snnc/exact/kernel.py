"""The steps of the chip, as in `nengo_loihi.emulator.EmulatorInterface.step`.

All sums are sums of 32-bit integers that wrap around, so their order does not matter,
and the result equals the emulator's bit for bit.
"""

from __future__ import annotations

import numpy as np

from snnc.exact.tables import (
    Bools,
    BuiltChip,
    Bytes,
    ChipState,
    Compartments,
    Counts,
    Fanin,
    Floats,
    HostState,
    Int32,
    Int64,
    LearningState,
    LearningTable,
    Lessons,
    OutputFilter,
    ReadoutTable,
    Rows,
    RunResults,
    jit,
)

Q_BITS = 21  # bits of the input accumulator, without sign
U_BITS = 23  # bits of the current, without sign
LEARN_FRAC = 7  # fractional bits of a weight that learns
LARGEST_TRACE = 127
ERROR_STEP = 4


@jit
def _wrap(value: np.int32, bits: int) -> np.int32:
    """Wrap a value around, as a register of ``bits`` bits and a sign does."""
    half = np.int32(1 << bits)
    mask = np.int32((2 << bits) - 1)
    return np.int32(np.int32(np.int32(value + half) & mask) - half)


@jit
def _decay(value: np.int32, keep: np.int32) -> np.int32:
    """Return sign(value) * floor(abs(value) * keep / 4096) without 64-bit products."""
    size = np.int32(abs(value))
    whole = np.int32(np.int32(size >> 12) * keep)
    part = np.int32(np.int32(np.int32(size & 4095) * keep) >> 12)
    kept = np.int32(whole + part)
    return np.int32(-kept) if value < 0 else kept


@jit
def _deliver(block: int, fanin: Fanin, rows: Rows, state: ChipState) -> None:
    """Add the weight rows of all spikes into a block at their arrival steps."""
    steps = len(state.inflow)
    for a in range(fanin.first[block], fanin.first[block + 1]):
        source = fanin.source[a]
        begin = state.begin[source]
        end = state.end[source]
        if end > begin and state.times[end - 1] == steps:
            end -= 1  # it arrives in the next run
        if end == begin:
            continue
        row = fanin.row[a]
        base = fanin.base[a]
        for r in range(rows.first[row], rows.first[row + 1]):
            n = rows.length[r]
            at = base + rows.offset[r]
            weights = rows.weights[rows.begin[r] : rows.begin[r] + n]
            for k in range(begin, end):
                target = state.inflow[state.times[k], at : at + n]
                for i in range(n):
                    target[i] += weights[i]


@jit
def step_segment(
    segment: int, shift: int, step: int, chip: Compartments, state: ChipState
) -> None:
    """Step the compartments of a segment; its block starts at ``shift``."""
    start = chip.start[segment]
    stop = chip.stop[segment]
    inflow = state.inflow[step, start - shift : stop - shift]
    current = state.current[start:stop]
    bias = chip.bias[start:stop]
    keep_u = chip.keep_u[segment]
    keep_v = chip.keep_v[segment]
    # Filter the input into the current, and write the biased current to `inflow`.
    lost_q = lost_u = lost_b = 0
    for i in range(len(inflow)):
        arrived = inflow[i]
        q = _wrap(arrived, Q_BITS)
        summed = np.int32(_decay(current[i], keep_u) + q)
        u = _wrap(summed, U_BITS)
        biased = np.int32(u + bias[i])
        b = _wrap(biased, U_BITS)
        lost_q += q != arrived
        lost_u += u != summed
        lost_b += b != biased
        current[i] = u
        inflow[i] = b
    state.overflows[0] += lost_q
    state.overflows[1] += lost_u
    state.overflows[2] += lost_b
    # Fire, and keep the voltage at 0 for the refractory period.
    voltage = state.voltage[start:stop]
    waiting = state.waiting[start:stop]
    spiked = state.spiked[start - shift : stop - shift]
    low = chip.v_min[segment]
    high = chip.v_max[segment]
    threshold = chip.threshold[segment]
    refractory = chip.refractory[segment]
    waits = refractory > 1  # it is decremented before it is read
    for i in range(len(inflow)):
        v = np.int32(_decay(voltage[i], keep_v) + inflow[i])
        v = min(max(v, low), high)
        if waits:
            v = np.int32(0) if waiting[i] > 0 else v
        fires = v > threshold
        voltage[i] = np.int32(0) if fires else v
        if waits:
            left = refractory if fires else waiting[i]
            waiting[i] = max(np.int32(left - 1), np.int32(0))
        spiked[i] = fires
        inflow[i] = 0


@jit
def _list_spikes(size: int, step: int, state: ChipState) -> None:
    """Record which compartments of a block fired in a step."""
    end = state.starts[step]
    # Few compartments fire, so test eight of them at a time.
    for w in range((size + 7) // 8):
        if state.words[w] != 0:
            for i in range(8 * w, min(8 * w + 8, size)):
                if state.spiked[i]:
                    state.ids[end] = i
                    end += 1
    state.starts[step + 1] = end


@jit
def file_spikes(
    ids: Int32, starts: Int64, shift: int, count: int, state: ChipState
) -> None:
    """Sort the listed spikes by source, for ``count`` sources from ``shift`` on.

    This is a counting sort: it first reserves the times of each source.
    """
    begin = state.begin[shift : shift + count]
    end = state.end[shift : shift + count]
    last = state.last[shift : shift + count]
    end[:] = last
    for k in range(starts[-1]):
        end[ids[k]] += 1
    used = state.used[0]
    for i in range(count):
        begin[i] = used
        used += end[i]
        end[i] = begin[i] + last[i]
        if last[i]:
            state.times[begin[i]] = 0  # a spike of the last step before this run
    state.used[0] = used
    for t in range(len(starts) - 1):
        for k in range(starts[t], starts[t + 1]):
            state.times[end[ids[k]]] = t + 1
            end[ids[k]] += 1
    last[:] = 0
    for k in range(starts[-2], starts[-1]):
        last[ids[k]] = 1


@jit
def run_chip(chip: BuiltChip, state: ChipState) -> None:
    """Run all steps of one block, then of the next block.

    A spike takes one step to arrive, so a block only needs the spikes of earlier
    blocks. The host's spikes are already sorted.
    """
    fanin = chip.fanin
    for block in fanin.order:
        start = fanin.start[block]
        size = fanin.start[block + 1] - fanin.start[block]
        _deliver(block, fanin, chip.rows, state)
        for t in range(len(state.inflow)):
            for segment in range(fanin.segment[block], fanin.segment[block + 1]):
                step_segment(segment, start, t, chip.compartments, state)
            _list_spikes(size, t, state)
        file_spikes(state.ids, state.starts, start, size, state)


@jit
def rest_chip(state: ChipState) -> None:
    """Reset the state, but keep the overflow counts."""
    state.current[:] = 0
    state.voltage[:] = 0
    state.waiting[:] = 0
    state.last[:] = 0


@jit
def _run_encoders(charges: Floats, host: HostState) -> None:
    """Step neurons like `nengo.SpikingRectifiedLinear`."""
    # Without a charge, a voltage below 1 never becomes a spike.
    active = np.flatnonzero(charges)
    end = 0
    for t in range(len(host.starts) - 1):
        for i in active:
            charged = host.voltage[i] + charges[i]
            spikes = np.floor(charged)
            host.voltage[i] = charged - spikes
            if spikes > 0:
                host.ids[end] = i
                end += 1
        host.starts[t + 1] = end


@jit
def _filter_outputs(
    table: OutputFilter, filtered: Floats, arrived: Floats, outputs: Floats
) -> None:
    """Write a step's outputs, and update their filter."""
    for j in range(len(outputs)):
        # nengo updates a synapse at the end of a step: outputs show its value before.
        if table.direct:
            filtered[j] = arrived[j]
        outputs[j] = filtered[j] + table.bias[j]
        kept = table.keep * filtered[j]
        filtered[j] = kept + table.add * arrived[j]


@jit
def _run_readout(
    readout: ReadoutTable, host: HostState, state: ChipState, rows: Floats
) -> None:
    """Fill ``rows``, of shape (steps, units), with the output of each step.

    The readout receives nengo-loihi's messages one step later. It reads the first
    message of a run twice, because no message precedes it.
    """
    steps, units = rows.shape
    arrived = np.zeros((steps + 1, units))
    for i in range(len(readout.source)):
        source = readout.source[i]
        for k in range(state.begin[source], state.end[source]):
            t = state.times[k]
            for r in range(readout.first[i], readout.first[i + 1]):
                unit = readout.unit[r]
                begin = readout.begin[r]
                size = readout.length[r]
                # Slices let LLVM compute several units at once.
                outputs = arrived[t, unit : unit + size]
                weights = readout.weights[begin : begin + size]
                for j in range(size):
                    outputs[j] += weights[j]
    if host.fresh[0]:
        arrived[0] = arrived[1]
        host.fresh[0] = 0
    for t in range(steps):
        _filter_outputs(readout.filter, host.filtered, arrived[t], rows[t])


@jit
def mark_spikes(state: ChipState, counts: Counts, spikes: Bytes) -> None:
    """Count the spikes of each source in a run, and mark them by step."""
    for s in range(len(state.begin)):
        begin = state.begin[s]
        end = state.end[s]
        if end > begin and state.times[begin] == 0:
            begin += 1  # the run before counted it
        if len(counts):
            counts[s] = end - begin
        if len(spikes):
            for k in range(begin, end):
                spikes[state.times[k] - 1, s] = 1


@jit
def run_spikes(
    chip: BuiltChip, state: ChipState, host: HostState, charges: Floats
) -> None:
    """Run the encoders and the chip for one example."""
    size = len(chip.compartments.bias)
    state.used[0] = 0
    _run_encoders(charges, host)
    file_spikes(host.ids, host.starts, size, len(charges), state)
    run_chip(chip, state)


@jit
def run_examples(
    chip: BuiltChip,
    readout: ReadoutTable,
    state: ChipState,
    host: HostState,
    charges: Floats,
    rests: Bools,
    results: RunResults,
) -> None:
    """Run examples one after another, and fill ``results``.

    ``charges``, (examples, encoder neurons), is the voltage increase of encoders per
    step, in spikes. ``rests``, (examples,), says which examples start from rest.
    """
    for e in range(len(charges)):
        if rests[e]:
            rest_chip(state)
            host.voltage[:] = host.initial
            host.filtered[:] = 0
            host.fresh[:] = 1
        run_spikes(chip, state, host, charges[e])
        _run_readout(readout, host, state, results.rows[e])
        mark_spikes(state, results.counts[e], results.spikes[e])


# The block that learns, as in `nengo_loihi.emulator.interface.SynapseState`.


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
def _update_traces(table: LearningTable, memory: LearningState, drawn: Floats) -> None:
    """Let traces decay, and add the spikes since the last update."""
    for i in range(len(drawn)):
        trace = table.trace_keep * memory.traces[i]
        if memory.spiked[i]:
            trace += table.increment
        # Round up with the probability of the fraction, as the chip does.
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
    units = len(errors)
    exponent = learning.weight_exponent
    largest = (256 >> learning.lost_bits) - 1
    # Without a trace, a weight stays as stored, which rounding does not change.
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


@jit
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
    steps, units = rows.shape
    received = np.empty(units)
    start = chip.fanin.start[learning.block]
    first, stop = chip.fanin.segment[learning.block : learning.block + 2]
    next_spike = state.begin[learning.source]
    traced = learned = 0
    for t in range(steps):
        for j in range(units):
            difference = memory.held[j] - memory.held[units + j]
            received[j] = learning.scale * difference
        _filter_outputs(learning.filter, memory.filtered, received, rows[t])
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
            learned += 1  # the emulator draws numbers even for errors of 0
        for segment in range(first, stop):
            step_segment(segment, start, t, chip.compartments, state)
        memory.held[:] = state.voltage[start : start + len(memory.held)]


@jit
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
