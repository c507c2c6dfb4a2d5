"""A mapped network as Nengo objects with random weights, and what nengo-loihi counts.

The kernels are composed and cut here by array operations of their own, so that the
counts check snnc's arithmetic against a build.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace

import nengo
import nengo_loihi
import numpy as np
from numpy.typing import NDArray

from snnc.ir.logical import Convolution
from snnc.ir.lowered import Pairwise, Pooling, Population, Projection, Window
from snnc.ir.mapped import (
    Block,
    Ensemble,
    MappedNetwork,
    MappedPopulation,
    MappedProjection,
)
from snnc.ir.shapes import triple_of

nengo.rc["decoder_cache"]["enabled"] = "False"

Array = NDArray[np.float64]


def built_blocks(mapped: MappedNetwork, seed: int = 0) -> list[Block]:
    """Build for nengo-loihi's emulator and read the counts of every block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return count_blocks(realise(mapped, seed))


def count_blocks(net: nengo.Network, dt: float = 0.001) -> list[Block]:
    """Return nengo-loihi's counts for each block of a network that it builds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sim = nengo_loihi.Simulator(net, dt=dt, target="sim", progress_bar=False)
        with sim:
            return [count_of(block) for block in sim.model.blocks]


def predicted_blocks(mapped: MappedNetwork) -> list[Block]:
    return [
        block
        for population in mapped.populations
        for ensemble in population.ensembles
        for block in ensemble.blocks
    ]


def count_of(block: nengo_loihi.block.LoihiBlock) -> Block:
    """Return the counts of a block."""
    used = block.utilization()
    names = ("compartments", "in-axons", "out-axons", "synapses")
    return Block(*(int(used[name][0]) for name in names))


def realise(mapped: MappedNetwork, seed: int) -> nengo.Network:
    """Ensembles and connections, with an all-to-all readout on the host."""
    rng = np.random.default_rng(seed)
    with nengo.Network(seed=seed) as net:
        nengo_loihi.add_params(net)
        made = {
            p.population.name: [_ensemble(net, p.population, e) for e in p.ensembles]
            for p in mapped.populations
        }
        for projection in mapped.projections:
            if projection.projection.source in made:
                _project(net, mapped, projection, made, rng)
        readout = nengo.Node(size_in=3)
        for projection in mapped.readout:
            for source in made[projection.projection.source]:
                matrix = rng.normal(size=(3, source.n_neurons))
                nengo.Connection(source.neurons, readout, transform=matrix)
    return net


def _ensemble(
    net: nengo.Network, population: Population, ensemble: Ensemble
) -> nengo.Ensemble:
    neurons = int(np.prod(ensemble.shape))
    made = nengo.Ensemble(
        neurons,
        1,
        neuron_type=nengo.SpikingRectifiedLinear(
            initial_state={"voltage": nengo.dists.Choice([0])}
        ),
        gain=np.full(neurons, 100.0),
        bias=np.zeros(neurons),
        encoders=np.ones((neurons, 1)),
        label=population.name,
    )
    net.config[made].on_chip = population.on_chip
    if ensemble.block_shape is not None:
        net.config[made].block_shape = nengo_loihi.BlockShape(
            ensemble.block_shape, ensemble.shape
        )
    return made


def _project(
    net: nengo.Network,
    mapped: MappedNetwork,
    mapping: MappedProjection,
    made: dict[str, list[nengo.Ensemble]],
    rng: np.random.Generator,
) -> None:
    projection = mapping.projection
    source, target = (
        mapped.by_name[projection.source],
        mapped.by_name[projection.target],
    )
    seen = _restrict_source(source.population, projection)
    kernel = _kernel(projection, seen, target.population, rng)
    pairs = itertools.product(
        zip(source.ensembles, made[projection.source], strict=True),
        zip(target.ensembles, made[projection.target], strict=True),
    )
    for (whole, pre_made), (post, post_made) in pairs:
        pre, places = _pick_ensemble(whole, source.population, projection)
        if not len(places) or not _meet(projection, pre, post):
            continue
        leaves = source.population.on_chip and not target.population.on_chip
        if leaves:
            transform = rng.normal(size=(post_made.n_neurons, len(places)))
        elif mapping.form == "sparse":
            matrix = _matrix(projection, kernel, seen, target.population, pre, post)
            read = np.flatnonzero(matrix.any(axis=0))
            if not len(read):
                continue
            places = places[read]
            entries = np.argwhere(matrix[:, read])
            values = matrix[:, read][tuple(entries.T)]
            shape = (post_made.n_neurons, len(read))
            transform = nengo.Sparse(shape, indices=entries, init=values)
        else:
            near = seen
            if mapping.form == "convolution":
                near, places = _crop_source(projection, kernel, seen, target, places)
            transform = _transform(projection, mapping.form, kernel, near, pre, post)
        neurons = pre_made.neurons
        if len(places) < pre_made.n_neurons:
            neurons = neurons[places.tolist()]
        connection = nengo.Connection(
            neurons, post_made.neurons, transform=transform, synapse=0.005
        )
        if mapping.pop is not None:
            net.config[connection].pop_type = mapping.pop


def _restrict_source(source: Population, projection: Projection) -> Population:
    """Return the source with only the places that are read."""
    if projection.picked is None:
        return source
    depth, height, width = map(len, projection.picked)
    return replace(source, volume=(depth, height, width, source.volume[3]))


def _pick_ensemble(
    ensemble: Ensemble, source: Population, projection: Projection
) -> tuple[Ensemble, NDArray[np.int64]]:
    """Return an ensemble of the neurons that are read, and their indices."""
    start, stop = ensemble.start, ensemble.stop
    image = (*source.volume[1:3], stop - start, source.volume[3])
    numbers = np.arange(np.prod(image)).reshape(image)
    if projection.picked is None:
        return ensemble, numbers.ravel()
    depth, height, width = projection.picked
    inside = [i for i, place in enumerate(depth) if start <= place < stop]
    slices = [depth[i] - start for i in inside]
    read = numbers[list(height)][:, list(width)][:, :, slices]
    first = inside[0] if inside else 0
    return replace(ensemble, start=first, stop=first + len(inside)), read.ravel()


def _meet(projection: Projection, pre: Ensemble, post: Ensemble) -> bool:
    if not isinstance(projection.reach, Window):
        return True
    window, post_slices = projection.reach, (post.start, post.stop)
    firsts = (o * window.stride[0] - window.depth_before for o in range(*post_slices))
    return any(
        first < pre.stop and first + window.kernel[0] > pre.start for first in firsts
    )


def _crop_source(
    projection: Projection,
    kernel: Array,
    source: Population,
    target: MappedPopulation,
    places: NDArray[np.int64],
) -> tuple[Population, NDArray[np.int64]]:
    """Return the source without the rows and columns after the last that is read."""
    if not isinstance(projection.reach, Window):
        return source, places
    depth, height, width, channels = source.volume
    outputs, steps = target.population.volume, projection.reach.stride
    high, wide = (
        min(source.volume[i], (outputs[i] - 1) * steps[i] + kernel.shape[i])
        for i in (1, 2)
    )
    corner = places.reshape(height, width, -1)[:high, :wide].ravel()
    return replace(source, volume=(depth, high, wide, channels)), corner


def _transform(
    projection: Projection,
    form: str,
    kernel: Array,
    source: Population,
    pre: Ensemble,
    post: Ensemble,
) -> nengo.Convolution | Array:
    if form == "dense":
        return kernel[pre.start : pre.stop].reshape(-1, kernel.shape[-1]).T
    height, width, channels = source.volume[1:]
    slices = pre.stop - pre.start
    if not isinstance(projection.reach, Window):
        image = np.moveaxis(kernel[pre.start : pre.stop], 0, 2)
        flat = image.reshape(height, width, slices * channels, -1)
        return _convolution(flat, height, width, (1, 1), "valid")
    flat = _group_kernel(projection.reach, kernel, pre, post)
    window = projection.reach
    return _convolution(flat, height, width, window.stride[1:], window.padding)


def _matrix(
    projection: Projection,
    kernel: Array,
    source: Population,
    target: Population,
    pre: Ensemble,
    post: Ensemble,
) -> Array:
    """Return the weights between all neurons of two ensembles."""
    if isinstance(projection.reach, Pairwise):
        return _comparison(projection, projection.reach, source, target, pre, post)
    window = projection.reach
    assert isinstance(window, Window)
    height, width = source.volume[1:3]
    flat = _group_kernel(window, kernel, pre, post)
    # A dense layer may read by a convolution as large as the image.
    tall, wide = post.shape[:2] if len(post.shape) > 1 else (1, 1)
    rows = _reading(window, flat.shape[0], height, tall, 1)
    columns = _reading(window, flat.shape[1], width, wide, 2)
    whole = np.einsum("pit,qju,tuco->pqoijc", rows, columns, flat)
    return whole.reshape(int(np.prod(post.shape)), -1)


def _comparison(
    projection: Projection,
    reach: Pairwise,
    source: Population,
    target: Population,
    pre: Ensemble,
    post: Ensemble,
) -> Array:
    """Return weights of neurons that each compare places of one channel."""
    depth, height, width = (
        _compare_weights(axis, reach, source.volume[axis], projection.pools)
        for axis in range(3)
    )
    slices = depth[post.start : post.stop, pre.start : pre.stop]
    first = projection.rows[0]
    channels = np.eye(target.volume[3])[:, first : first + source.volume[3]]
    whole = np.einsum("pi,qj,sk,oc->pqsoijkc", height, width, slices, channels)
    return whole.reshape(int(np.prod(post.shape)), -1)


def _compare_weights(
    axis: int, reach: Pairwise, places: int, pools: tuple[Pooling, ...]
) -> Array:
    """Return the weights of neurons along an axis: (neurons, places)."""
    pooled = np.eye(places)
    for pool in pools:
        window, stride = pool.window[axis], pool.stride[axis]
        starts = range(0, len(pooled) - window + 1, stride)
        pooled = np.stack([pooled[i : i + window].sum(axis=0) for i in starts])
    if axis != reach.axis:
        return pooled
    found = np.zeros((reach.windows, len(reach.nodes), places))
    for j, (n, node) in itertools.product(range(reach.windows), enumerate(reach.nodes)):
        for weight, start, step in node:
            if 0 <= start + j * step < len(pooled):
                found[j, n] += weight * pooled[start + j * step]
    return found.reshape(-1, places)


def _reading(window: Window, taps: int, inputs: int, outputs: int, axis: int) -> Array:
    """Which output reads which input with which tap: (outputs, inputs, taps)."""
    stride = window.stride[axis]
    room = max((outputs - 1) * stride + taps - inputs, 0)
    before = room // 2 if window.padding == "same" else 0
    found = np.zeros((outputs, inputs, taps))
    for o, t in itertools.product(range(outputs), range(taps)):
        if 0 <= o * stride - before + t < inputs:
            found[o, o * stride - before + t, t] = 1
    return found


def _convolution(
    kernel: Array, height: int, width: int, stride: tuple[int, int], padding: str
) -> nengo.Convolution:
    return nengo.Convolution(
        kernel.shape[3],
        (height, width, kernel.shape[2]),
        strides=stride,
        padding=padding,
        kernel_size=kernel.shape[:2],
        init=kernel,
    )


def _group_kernel(
    window: Window, kernel: Array, pre: Ensemble, post: Ensemble
) -> Array:
    """Return the 3-D kernel's slices at their depth offsets, zero elsewhere."""
    taps, height, width, inputs, outputs = kernel.shape
    sources, targets = pre.stop - pre.start, post.stop - post.start
    placed = np.zeros((height, width, sources, inputs, targets, outputs))
    for i, o in itertools.product(range(sources), range(targets)):
        tap = (
            pre.start + i - ((post.start + o) * window.stride[0] - window.depth_before)
        )
        if 0 <= tap < taps:
            placed[:, :, i, :, o, :] = kernel[tap]
    return placed.reshape(height, width, sources * inputs, targets * outputs)


def _kernel(
    projection: Projection,
    source: Population,
    target: Population,
    rng: np.random.Generator,
) -> Array:
    """Random weights (depth, height, width, in, out), pools composed in."""
    if isinstance(projection.reach, Pairwise):
        return np.empty(0)  # its weights are 1 and -1, without a kernel
    channels, outputs = source.volume[3], target.volume[3]
    if not isinstance(projection.reach, Window):
        return _full_kernel(projection, source, outputs, rng)
    spatial = (1, 1, 1)
    operation = target.layer.operation
    if isinstance(operation, Convolution) and _is_kernel(projection):
        spatial = triple_of(operation.kernel)
    own = _random((*spatial, channels, outputs), rng)
    if projection.tensor is None:
        own = np.eye(outputs)[None, None, None, slice(*projection.rows)]
    if projection.reach.group is not None:
        own *= _group_mask(projection, channels, outputs)
    composed = _spread_pools(_dilate(own, projection.reach), projection)
    reach = projection.reach
    around = zip(reach.zeros_before, reach.zeros_behind, strict=True)
    return np.pad(composed, [(0, 0), *around, (0, 0), (0, 0)])


def _group_mask(projection: Projection, channels: int, outputs: int) -> Array:
    """Ones where channels are of one group: (source's, target's)."""
    assert isinstance(projection.reach, Window)
    group = projection.reach.group
    assert group is not None
    rows = (np.arange(channels) + projection.rows[0]) // group.read
    return rows[:, None] == np.arange(outputs) // group.given


def _dilate(kernel: Array, window: Window) -> Array:
    """Zeros between taps."""
    sizes = [
        (k - 1) * d + 1 for k, d in zip(kernel.shape[:3], window.dilation, strict=True)
    ]
    wide = np.zeros((*sizes, *kernel.shape[3:]))
    wide[tuple(slice(None, None, d) for d in window.dilation)] = kernel
    return wide


def _random(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Weights all different: nengo-loihi stores arrays that happen to be equal once."""
    values = 2**20 + rng.choice(2**22, size=int(np.prod(shape)), replace=False)
    return (values / 2**23).reshape(shape)


def _is_kernel(projection: Projection) -> bool:
    return projection.tensor is not None and projection.tensor.endswith(".kernel")


def _full_kernel(
    projection: Projection, source: Population, units: int, rng: np.random.Generator
) -> Array:
    extents = list(source.volume[:3])
    for pool in projection.pools:
        extents = [
            (n - w) // s + 1
            for n, w, s in zip(extents, pool.window, pool.stride, strict=True)
        ]
    own = _random((*extents, source.volume[3], units), rng)
    composed = _spread_pools(own, projection)
    room = [n - m for n, m in zip(source.volume[:3], composed.shape[:3], strict=True)]
    return np.pad(composed, [(0, n) for n in room] + [(0, 0), (0, 0)])


def _spread_pools(kernel: Array, projection: Projection) -> Array:
    """Spread each tap over the window of each pool, the one nearest first."""
    for pool in reversed(projection.pools):
        stride, window = np.array(pool.stride), np.array(pool.window)
        taps = np.array(kernel.shape[:3])
        wide = np.zeros((*((taps - 1) * stride + window), *kernel.shape[3:]))
        for shift in itertools.product(*map(range, pool.window)):
            where = tuple(
                slice(s, s + (t - 1) * r + 1, r)
                for s, t, r in zip(shift, taps, stride, strict=True)
            )
            wide[where] += kernel
        kernel = wide
    return kernel


Joined = tuple[int, int, int]
"""Weights reached and spikes sent, if every neuron spikes once; those between chips."""


def built_joins(
    mapped: MappedNetwork, cores: int, seed: int = 0
) -> dict[tuple[str, str], Joined]:
    """Follow every axon of a build to the weights it reaches.

    The keys are names of source and target; all sources on the host have the name
    ``""``. Chips of ``cores`` cores are filled one after the other.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = realise(mapped, seed)
        with nengo_loihi.Simulator(net, target="sim", progress_bar=False) as sim:
            return _joins(sim.model, _names(mapped), cores)


def _names(mapped: MappedNetwork) -> list[str]:
    return [p.population.name for p in mapped.populations for _ in range(p.cores)]


def _joins(
    model: nengo_loihi.builder.Model, names: list[str], cores: int
) -> dict[tuple[str, str], Joined]:
    where = {id(s): i for i, b in enumerate(model.blocks) for s in b.synapses}
    sources = [
        *(("", None, inp, inp.n_neurons) for inp in model.inputs),
        *(
            (names[i], i // cores, block, block.n_neurons)
            for i, block in enumerate(model.blocks)
        ),
    ]
    found: dict[tuple[str, str], Joined] = {}
    for name, chip, source, neurons in sources:
        for axon in source.axons:
            target = where[id(axon.target)]
            weights, spikes = _follow(axon, neurons)
            crossing = spikes if chip not in (None, target // cores) else 0
            before = found.get((name, names[target]), (0, 0, 0))
            counts = (weights, spikes, crossing)
            first, second, third = (a + b for a, b in zip(before, counts, strict=True))
            found[name, names[target]] = first, second, third
    return found


def _follow(axon: nengo_loihi.block.Axon, neurons: int) -> tuple[int, int]:
    """Return the weights that one spike of each neuron reaches, and the spikes sent."""
    weights = spikes = 0
    for spike in axon.map_spikes(np.arange(neurons)):
        if spike is None or axon.target.axon_compartment_base(spike.axon_idx) is None:
            continue
        spikes += 1
        reached, _ = axon.target.axon_weights_indices(spike.axon_idx, spike.atom)
        weights += reached.size
    return weights, spikes
