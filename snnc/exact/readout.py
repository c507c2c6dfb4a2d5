"""Read the weights from the chip's spikes to the outputs of a network.

A readout that is a matrix reads the chip directly. An image readout reads it through
nodes on the host, because nengo-loihi has no convolutions from the chip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from nengo import Connection, Convolution, Node
from nengo.synapses import Synapse
from scipy import sparse

from snnc.exact.read import Places
from snnc.exact.tables import Int64, OutputFilter, ReadoutTable
from snnc.runtime.nengo.kernels import scatter
from snnc.runtime.nengo.neurons import BuiltNetwork

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.probe import LoihiProbe

Matrix = Any
"""A SciPy matrix (sources, values): what one spike of each source adds."""


def read_readout(
    simulator: Simulator, built: BuiltNetwork, blocks: Places
) -> ReadoutTable | None:
    """Return the readout, or None if nengo must step the layers after the chip."""
    node = built.output.target
    sources = sum(map(len, blocks.values()))
    matrices = _received_values(simulator.model, blocks, sources)
    host = simulator.model.host
    connections = [each for each in host.params if isinstance(each, Connection)]
    into_readout = []
    # The readout is last, because it reads what other nodes pass on.
    for connection in sorted(connections, key=lambda each: each.post is node):
        if connection.pre_obj not in matrices:
            return None
        if connection.post is node:
            into_readout.append(connection)
        elif type(connection.post) is Node:
            matrices[connection.post] = matrices[connection.pre_obj]
        else:
            return None
    # The kernel has one filter for all outputs.
    synapses = {each.synapse for each in into_readout}
    if len(synapses) != 1:
        return None
    total = sparse.csr_matrix((sources, node.size_in))
    for connection in into_readout:
        total = total + _weighted(matrices[connection.pre_obj], connection)
    return _readout_table(total, read_filter(built, synapses.pop(), simulator.dt))


def _received_values(model: Any, blocks: Places, sources: int) -> dict[Any, Matrix]:
    """Return what each receiver on the host gets for a spike of each source."""
    matrices = {}
    for probe, receiver in model.chip2host_receivers.items():
        matrices[receiver] = _spike_values(model.objs[probe]["out"], blocks, sources)
    return matrices


def _spike_values(probe: LoihiProbe, blocks: Places, sources: int) -> Matrix:
    """Return what a probe sends to the host for a spike of each source."""
    parts = []
    for numbers, weights in zip(probed(probe, blocks), probe.weights, strict=True):
        values = sparse.csr_matrix(weights)
        if weights.ndim == 0:
            values = sparse.identity(len(numbers), format="csr") * float(weights)
        ones = np.ones(len(numbers))
        places = numbers, np.arange(len(numbers))
        shape = sources, len(numbers)
        parts.append(sparse.csr_matrix((ones, places), shape) @ values)
    # nengo-loihi adds the transformed outputs of blocks, and lists others.
    if probe.is_transformed:
        return sum(parts[1:], parts[0])
    joined = sparse.hstack(parts, format="csc")
    return joined if probe.reindexing is None else joined[:, probe.reindexing]


def _weighted(values: Matrix, connection: Connection) -> Matrix:
    """Return what spikes add to the outputs through a connection on the host."""
    if not isinstance(connection.transform, Convolution):
        return values  # nengo-loihi multiplies by a matrix before it sends values
    return values.tocsc()[:, connection.pre_slice] @ _matrix_of(connection.transform)


def _matrix_of(transform: Convolution) -> Matrix:
    """Return a convolution as a matrix (inputs, outputs)."""
    kernel = transform.init
    image = transform.input_shape.spatial_shape
    outputs = transform.output_shape.spatial_shape
    stride = transform.strides
    before = [0, 0]
    if transform.padding == "same":  # TensorFlow's
        axes = zip(outputs, stride, kernel.shape, image, strict=False)
        before = [max((n - 1) * step + taps - m, 0) // 2 for n, step, taps, m in axes]
    used = np.ones(kernel.shape, bool)
    places, weights = scatter(kernel, used, image, outputs, stride, before)
    shape = transform.size_in, transform.size_out
    return sparse.csr_matrix((weights, (places[:, 1], places[:, 0])), shape)


def _readout_table(matrix: Matrix, filtered: OutputFilter) -> ReadoutTable:
    """Return a table with the rows that have weights, in runs of successive units."""
    matrix = sparse.csr_matrix(matrix)
    matrix.sum_duplicates()  # and sort
    source = np.flatnonzero(np.diff(matrix.indptr))
    begins_run = np.ones(matrix.nnz, bool)
    begins_run[1:] = np.diff(matrix.indices) != 1
    begins_run[matrix.indptr[source]] = True
    begin = np.flatnonzero(begins_run)
    ends = np.append(matrix.indptr[source], matrix.nnz)
    return ReadoutTable(
        source=source,
        first=np.searchsorted(begin, ends),
        unit=matrix.indices[begin].astype(np.int64),
        begin=begin,
        length=np.diff(np.append(begin, matrix.nnz)),
        weights=matrix.data.astype(np.float64),
        filter=filtered,
    )


def read_filter(
    built: BuiltNetwork, synapse: Synapse | None, dt: float
) -> OutputFilter:
    """Return how a network filters its outputs with a synapse."""
    node = built.output.target
    bias = np.asarray(node.output(0.0, np.zeros(node.size_in)), np.float64)
    if synapse is None:
        return OutputFilter(bias, 0.0, 0.0, direct=True)
    # The coefficients of nengo's discretised lowpass filter.
    state = synapse.make_state((1,), (1,), dt)
    step = synapse.make_step((1,), (1,), dt, None, state)
    # Without a time constant, nengo's step only passes values on, and has no `a`.
    keep = float(getattr(step, "a", 0.0))
    add = float(getattr(step, "b", 1.0))
    return OutputFilter(bias, keep, add, direct=False)


def probed(probe: LoihiProbe, blocks: Places) -> list[Int64]:
    """Return the compartments of a nengo-loihi probe, block by block."""
    parts = zip(probe.target, probe.slice, strict=True)
    return [blocks[block][part] for block, part in parts]
