"""``_discretize.py``: what the integers of a chip keep of the weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.keras.held import Synapse, cores_of, own_size
from snnc.emit.python import bracket, exploded, items, number
from snnc.emit.quoting import WIDTH, module_docstring, quote
from snnc.graph.logical import Lif, Network, Spiking
from snnc.graph.lowered import Projection
from snnc.graph.mapped import MappedNetwork, MappedPopulation
from snnc.loihi.held import Box

INDENT = 4


def discretize(mapped: MappedNetwork) -> Module:
    """Return the module that discretises weights as nengo-loihi does."""
    lowered = mapped.lowered
    on_chip = [p for p in mapped.populations if p.population.on_chip]
    reads = [r for p in on_chip for r in lowered.into(p.population.name)]
    body = render(
        "keras/templates/_discretize.py.jinja",
        docstring=module_docstring(
            "What the integers of the chip keep of the weights of {name}.",
            lowered.network.name,
            "The formulas are those of ``nengo_loihi/builder/discretize.py`` 1.1.0: "
            "the largest weight of a core sets the scale of its weights, its biases "
            "and its threshold; weights are even integers of 7 bits and a sign.",
        ),
        dt=number(lowered.network.timing.dt),
        layers=[_layer(mapped, population) for population in on_chip],
        any_pooled=any(read.pools for read in reads),
        any_identity=any(read.tensor is None for read in reads),
        any_joined=any(is_joined(mapped, read) for read in reads),
        any_lif=any(isinstance(_spiking(p).neuron, Lif) for p in on_chip),
    )
    return Module("_discretize.py", body)


def precision(network: Network) -> Module:
    """Return the module that says what the chip keeps of weights, and why not all."""
    body = render(
        "keras/templates/_precision.py.jinja",
        docstring=module_docstring(
            "How exactly the chip stores the weights of {name}.", network.name
        ),
    )
    return Module("_precision.py", body)


def _layer(mapped: MappedNetwork, population: MappedPopulation) -> str:
    spiking = _spiking(population)
    arguments = [f"rate={number(float(spiking.rate.high))}"]
    arguments.append(f"synapse={number(spiking.synapse)}")
    if isinstance(spiking.neuron, Lif):
        arguments.append(f"tau_rc={number(spiking.neuron.tau_rc)}")
        arguments.append(f"tau_ref={number(spiking.neuron.tau_ref)}")
    name, indent = population.population.name, 2 * INDENT
    reads = [_read(mapped, read) for read in mapped.lowered.into(name)]
    arguments.append(exploded("reads=[", reads, "]", indent))
    held = cores_of(mapped, population).items()
    cores = [_core(count, synapses) for synapses, count in held]
    arguments.append(exploded("cores=[", cores, "]", indent))
    return exploded(f"{quote(name)}: Layer(", arguments, "),", INDENT)


def _spiking(population: MappedPopulation) -> Spiking:
    spiking = population.population.layer.spiking
    assert spiking is not None
    return spiking


def _read(mapped: MappedNetwork, read: Projection) -> str:
    source = _spiking(mapped.by_name[read.source])
    arguments = [
        "None" if read.tensor is None else quote(read.tensor),
        number(float(source.rate.high)),
        items(own_size(mapped, read)),
    ]
    if read.pools:
        pools = (items((items(p.window), items(p.stride))) for p in read.pools)
        arguments.append(_item("pools=[", tuple(pools), "]", 4 * INDENT))
    if is_joined(mapped, read):
        start, stop = read.rows
        arguments.append(f"rows=np.s_[{start}:{stop}]")
    return _item("Read(", arguments, ")", 3 * INDENT)


def _item(head: str, arguments: Sequence[str], tail: str, indent: int) -> str:
    """Write what `bracket` does, with room for a comma."""
    return bracket(head, arguments, f"{tail},", indent).removesuffix(",")


def is_joined(mapped: MappedNetwork, read: Projection) -> bool:
    """Whether the kernel that a layer reads by has rows of other sources too."""
    others = mapped.lowered.into(read.target)
    same = {other.rows for other in others if other.tensor == read.tensor}
    return read.tensor is not None and len(same) > 1


def _core(count: int, synapses: Iterable[Synapse]) -> str:
    written = [_synapse(number, boxes) for number, boxes in synapses]
    return _numbered("Core", count, written, 3 * INDENT)


def _synapse(number: int, boxes: Iterable[Box]) -> str:
    return _numbered("Synapse", number, [_index(box) for box in boxes], 5 * INDENT)


def _numbered(name: str, number: int, listed: list[str], indent: int) -> str:
    """Write ``name(number, [...])``; a comma follows."""
    line = f"{name}({number}, [{', '.join(listed)}])"
    if "\n" not in line and indent + len(f"{line},") <= WIDTH:
        return line
    inner = exploded("[", listed, "]", indent + INDENT)
    return exploded(f"{name}(", [str(number), inner], ")", indent)


def _index(box: Box) -> str:
    depth, rows, columns, filters = (
        f"{start}:{stop}"
        for start, stop in (box.depth, box.rows, box.columns, box.filters)
    )
    return f"np.s_[{depth}, {rows}, {columns}, :, {filters}]"
