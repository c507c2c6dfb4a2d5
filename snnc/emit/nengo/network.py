"""``nengo_network.py`` and ``evaluate.py``: native Nengo code, and what runs it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from snnc.emit.files import Module, render
from snnc.emit.python import (
    INDENT,
    WIDTH,
    docstring,
    exploded,
    items,
    module_docstring,
    quote,
    variables,
)
from snnc.ir.logical import Layer, Loihi, MaxPool, Network, Rectify
from snnc.ir.lowered import Compare, Pool, Projection, Triple, Window
from snnc.ir.mapped import MappedNetwork, MappedProjection
from snnc.ir.maxima import level_name
from snnc.ir.routed import Chips, RoutedNetwork
from snnc.runtime.maxima import Grid


@dataclass(frozen=True, slots=True)
class Nested:
    """A call, or a tuple: ``head`` ends with an opening bracket."""

    head: str
    items: tuple[str | Nested, ...]

    def laid_out(self, indent: int, behind: int = 0) -> str:
        """Return it without the indent of its first line.

        It stands on one line if that leaves room for ``behind`` characters, else
        each item has its own, and so on inwards.
        """
        line = str(self)
        if indent + len(line) + behind <= WIDTH:
            return line
        margin = indent + INDENT
        lines = [f"{' ' * margin}{_laid_out(item, margin)},\n" for item in self.items]
        return f"{self.head}\n{''.join(lines)}{' ' * indent})"

    def __str__(self) -> str:
        comma = "," if self._is_tuple and len(self.items) == 1 else ""
        return f"{self.head}{', '.join(map(str, self.items))}{comma})"

    @property
    def _is_tuple(self) -> bool:
        return self.head.removesuffix("(")[-1:] in ("", "=", " ")


def call(function: str, arguments: Iterable[str | Nested]) -> Nested:
    """Return a call."""
    return Nested(f"{function}(", tuple(arguments))


def _laid_out(item: str | Nested, indent: int) -> str:
    return item if isinstance(item, str) else item.laid_out(indent, behind=1)


_INDENT = 8
KINDS = frozenset(
    {
        "Compare",
        "ConnectAll",
        "Convolve",
        "ConvolveAll",
        "ConvolveSparse",
        "Identity",
        "Rectify",
    }
)
"""How a layer may read another, as the run-time library calls it."""
# What else the module itself uses.
TAKEN = KINDS | {"Any", "BuiltNetwork", "Mode", "NDArray", "Sequence", "Weights"}
TAKEN |= {"LAYOUT", "NETWORK", "NetworkBuilder", "Pool"}
TAKEN |= {"build", "build_network", "images", "mode", "probe", "weights"}


class Statements:
    """The body of ``with build.net``.

    Attributes
    ----------
    lines
        Each statement without its first indent.
    used
        The names of the run-time library's connections that they use.
    """

    def __init__(self, mapped: MappedNetwork) -> None:
        self._mapped = mapped
        self._network = mapped.lowered.network
        layers = (p.layer.name for p in mapped.lowered.populations)
        names = dict.fromkeys((self._network.input.name, *layers))
        self._variables: Mapping[str, str] = variables(list(names), TAKEN)
        self.used: set[str] = set()
        self.lines = tuple(self._all())

    def _all(self) -> Iterator[str]:
        yield f"{self._variables[self._network.input.name]} = build.input(images)"
        for population in self._mapped.lowered.in_reading_order:
            name = population.layer.name
            if population.name == name:
                into = self._mapped.into(name)
                connections = map(self._connection, into)
                layer = f"{self._variables[name]} = build.layer"
                yield call(layer, (quote(name), *connections)).laid_out(_INDENT)
            elif population.name == level_name(name, 0):
                yield self._max_pool(population.layer).laid_out(_INDENT)
        connections = map(self._connection, self._mapped.readout)
        yield call("build.readout", connections).laid_out(_INDENT)

    def _max_pool(self, layer: Layer) -> Nested:
        """Write what a max pool pools; how it compares that follows from its data."""
        compared = (
            self._connection(MappedProjection(projection, "sparse", None))
            for projection in self._mapped.lowered.pooled
            if projection.target == layer.name
        )
        head = f"{self._variables[layer.name]} = build.maxpool"
        return call(head, (quote(layer.name), *compared))

    def _source(self, population: str) -> str:
        layer, _, level = population.partition(".")
        variable = self._variables[layer]
        return f"{variable}[{int(level) - 1}]" if level else variable

    def _connection(self, mapped: MappedProjection) -> Nested:
        projection = mapped.projection
        kind = self._kind(mapped)
        arguments: list[str | Nested] = [self._source(projection.source)]
        tensor = projection.tensor
        if tensor not in (None, f"{projection.target}.kernel"):
            arguments.append(f"tensor={quote(str(tensor))}")
        if kind != "Rectify" and projection.rows != (0, self._channels(projection)):
            arguments.append(f"rows={items(projection.rows)}")
        if projection.picked is not None:
            arguments.append(Nested("picked=(", tuple(self._ranges(projection.picked))))
        if projection.pools:
            arguments.append(
                Nested("pools=(", tuple(map(self._pool, projection.pools)))
            )
        if kind in ("Convolve", "ConvolveSparse"):
            assert isinstance(projection.reach, Window)
            arguments += self._window(projection.reach)
            if (group := projection.reach.group) is not None:
                filters = self._network.shape_of(projection.target)[-1]
                arguments.append(f"groups={filters // group.given}")
        if mapped.pop is not None:
            arguments.append(f"pop_type={mapped.pop}")
        self.used.add(kind)
        return call(kind, arguments)

    def _kind(self, mapped: MappedProjection) -> str:
        projection = mapped.projection
        if isinstance(projection.reach, Compare):
            return "Compare"
        if not isinstance(projection.reach, Window):
            return "ConvolveAll" if mapped.form == "convolution" else "ConnectAll"
        if projection.tensor is not None:
            returns = mapped.form == "dense"
            sparse = projection.reach.is_sparse if returns else mapped.form == "sparse"
            return "ConvolveSparse" if sparse else "Convolve"
        reader = self._network.by_name[projection.target]
        return "Rectify" if isinstance(reader.operation, Rectify) else "Identity"

    def _channels(self, projection: Projection) -> int:
        """How many input channels the projection's kernel has in all."""
        if projection.target == self._network.readout.name:
            return self._network.shape_of(self._network.readout.sources[0])[-1]
        reader = self._network.by_name[projection.target]
        source = reader.sources[0]
        if reader.shortcut and projection.tensor != f"{reader.name}.kernel":
            source = reader.shortcut.source
        return self._network.shape_of(source)[-1]

    def _ranges(self, picked: Grid) -> Iterator[str]:
        """Write the places along the axes in space that the network has."""
        rank = len(self._network.input.shape) - 1
        for places in {1: picked[1:2], 2: picked[1:]}.get(rank, picked):
            bounds = [places.start, places[-1] + 1, places.step]
            if places.step == 1 or len(places) == 1:
                bounds = bounds[:2] if places.start else bounds[1:2]
            yield f"range({', '.join(map(str, bounds))})"

    def _pool(self, pool: Pool) -> Nested:
        self.used.add("Pool")
        return call("Pool", (self._sizes(pool.window), self._sizes(pool.stride)))

    def _window(self, window: Window) -> Iterator[str]:
        if window.stride != (1, 1, 1):
            yield f"stride={self._sizes(window.stride)}"
        if window.padding == "same":
            yield 'padding="same"'
        if window.depth_before:
            yield f"depth_before={window.depth_before}"
        if any(window.zeros_before):
            yield f"zeros_before={items(window.zeros_before)}"
        if any(window.zeros_behind):
            yield f"zeros_behind={items(window.zeros_behind)}"
        if window.dilation != (1, 1, 1):
            yield f"dilation={self._sizes(window.dilation)}"

    def _sizes(self, triple: Triple) -> str:
        """Write sizes along the axes in space that the network has."""
        rank = len(self._network.input.shape) - 1
        return items({1: triple[1:2], 2: triple[1:]}.get(rank, triple))


def nengo_network(routed: RoutedNetwork) -> Module:
    """The module that builds the network in Nengo."""
    network = routed.mapped.lowered.network
    statements = Statements(routed.mapped)
    body = render(
        "nengo/templates/nengo_network.py.jinja",
        docstring=module_docstring(
            "Native Nengo code of {name}: the network that Loihi runs."
            if isinstance(network.target, Loihi)
            else "Native Nengo code of {name}.",
            network.name,
            network.about,
            _anatomy(network),
        ),
        connections=_import(sorted(statements.used & KINDS)),
        pools="Pool" in statements.used,
        images_doc=docstring(_images(network), 4),
        statements=statements.lines,
        chips=_chips(routed.chips),
        seed=network.train.seed,
    )
    return Module("nengo_network.py", body)


def _chips(placed: Chips) -> str:
    """The chips of all blocks, as the library reads them; nothing for one chip."""
    chips = [chip for population in placed.values() for chip in population]
    if not any(chips):
        return ""
    runs = (f"{len(list(run))}x{chip}" for chip, run in groupby(chips))
    return textwrap.fill(" ".join(runs), WIDTH)


def _import(names: list[str]) -> str:
    source = "from ._runtime.connections import"
    line = f"{source} {', '.join(names)}"
    return line if len(line) <= WIDTH else exploded(f"{source} (", names, ")", 0)


def _anatomy(network: Network) -> str:
    spikes = (
        "Activation 1.0 of a layer stands for the upper bound of its rates, HI; a "
        "spike has amplitude 1 / HI. "
    )
    maxima = (
        " A max pool is relu neurons that compare by twos, one ensemble a level, and "
        "what reads it reads all of them."
        if any(isinstance(layer.operation, MaxPool) for layer in network.layers)
        else ""
    )
    if len(network.input.shape) < len(("depth", "height", "width", "channels")):
        one = "Every layer is one ensemble, laid out as in Keras."
        return f"{spikes}{one}{maxima}"
    return (
        f"{spikes}A layer is cut along its depth into ensembles of a few slices, each "
        "laid out (height, width, slices x channels); between two of them a 3-D "
        f"convolution is a 2-D convolution whose channels are the slices'.{maxima}"
    )


def _images(network: Network) -> str:
    shape = ", ".join(map(str, network.input.shape))
    return (
        f"``images``, (examples, {shape}), are presented one after another; without "
        "them the input is silent until a simulator feeds it. ``probe`` names the "
        "layers to probe."
    )


def evaluate(network: Network) -> Module:
    """The module that runs the network on a data set and prints a report."""
    simulator = "loihi" if isinstance(network.target, Loihi) else "nengo"
    body = render(
        "nengo/templates/evaluate.py.jinja",
        docstring=module_docstring(
            "Run {name} on spikes: how right it is and how fast it fires.",
            network.name,
            f"``python -m {network.name}.evaluate --data data.npz --weights "
            f"w.safetensors --simulator {simulator}`` does so from the command line.",
        ),
    )
    return Module("evaluate.py", body)
