"""A spec as it is written, statement by statement, with the shapes that it gives."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

Shape = tuple[int, ...]
Said = dict[str, Any]

CORE = 1024
"""Neurons that a core holds."""


@dataclass
class Paper:
    """The statements written so far, and the shapes that they give.

    ``last`` is what the next statement reads, ``neurons`` are the layers that spike.
    ``host`` says that the layers to come go to the host; ``room`` is how many neurons
    a block may have. If ``small``, there are few layers with few filters.
    """

    random: Random
    shape: Shape
    range: str = "0..1"
    lines: list[str] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    neurons: list[str] = field(default_factory=list)
    last: str = ""
    host: bool = False
    room: int = CORE
    small: bool = False

    @property
    def rank(self) -> int:
        return len(self.shape) - 1

    @property
    def spatial(self) -> Shape:
        return self.shapes[self.last][:-1]

    @property
    def padding(self) -> str:
        """Draw a padding for a convolution of this rank."""
        causal = ("causal",) if self.rank == 1 else ()
        return str(self.one_of("same", "valid", *causal))

    def conv(
        self,
        filters: int,
        kernel: Shape,
        stride: Shape,
        padding: str,
        source: str = "",
        shortcut: str = "",
        dilation: Shape = (),
        groups: int = 1,
    ) -> str:
        read = self.shapes[source or self.last]
        apart = dilation or (1,) * len(kernel)
        extent = tuple((k - 1) * d + 1 for k, d in zip(kernel, apart, strict=True))
        shape = (*positions(read[:-1], extent, stride, padding), filters)
        said: Said = {"filters": filters, "kernel": kernel, "stride": stride}
        said |= {"padding": padding, "dilation": apart, "groups": groups}
        return self.neural(f"conv{self.rank}d", said, shape, source, shortcut)

    def depthwise(
        self, multiplier: int, kernel: Shape, stride: Shape, padding: str
    ) -> str:
        channels = multiplier * self.shapes[self.last][-1]
        shape = (*positions(self.spatial, kernel, stride, padding), channels)
        said: Said = {"kernel": kernel, "stride": stride, "padding": padding}
        said |= {"multiplier": multiplier}
        return self.neural(f"depthwise{self.rank}d", said, shape)

    def transpose(
        self, filters: int, kernel: Shape, stride: Shape, padding: str
    ) -> None:
        sizes = self.spatial or (1,) * self.rank
        places = tuple(
            n * s + (max(k - s, 0) if padding == "valid" else 0)
            for n, k, s in zip(sizes, kernel, stride, strict=True)
        )
        said: Said = {"filters": filters, "kernel": kernel, "stride": stride}
        said |= {"padding": padding}
        self.neural("conv2d_transpose", said, (*places, filters))

    def dense(self, units: int, source: str = "", shortcut: str = "") -> str:
        return self.neural("dense", {"units": units}, (units,), source, shortcut)

    def neural(
        self,
        kind: str,
        said: Said,
        shape: Shape,
        source: str = "",
        shortcut: str = "",
    ) -> str:
        name = self._name()
        self.neurons.append(name)
        if shortcut:
            said = {**said, "shortcut": shortcut}
        said = {**said, **self._extras(shape)}
        return self.write(kind, name, shape, source, said)

    def pool(self, window: Shape, stride: Shape | None) -> str:
        places = positions(self.spatial, window, stride or window, "valid")
        shape = (*places, self.shapes[self.last][-1])
        said: Said = {"window": window, "stride": stride or window}
        return self.write("avgpool", self._name(), shape, said=said)

    def maximum(self, window: Shape, stride: Shape, padding: str) -> str:
        places = positions(self.spatial, window, stride, padding)
        shape, name = (*places, self.shapes[self.last][-1]), self._name()
        if max(window) > 1:
            self.neurons.append(name)
        said: Said = {"window": window, "stride": stride, "padding": padding}
        return self.write("maxpool", name, shape, said=said)

    def join(self, kind: str, one: str, two: str) -> str:
        spatial, channels = self.shapes[one][:-1], self.shapes[one][-1]
        if kind == "concat":
            channels += self.shapes[two][-1]
        shape = (*spatial, channels)
        return self.write(kind, self._name(), shape, f"{one}, {two}")

    def write(
        self,
        kind: str,
        name: str,
        shape: Shape,
        source: str = "",
        said: Said | None = None,
    ) -> str:
        """Write a statement: what it reads, if not the last, and its properties."""
        reads = f" from {source}" if source else ""
        words = ", ".join(f"{key} {dims(value)}" for key, value in (said or {}).items())
        self.lines.append(
            f"{kind} {name}{reads}" + (f" {{ {words} }}" if words else "")
        )
        self.shapes[name] = shape
        self.last = name
        return name

    def flag(self) -> bool:
        return bool(self.one_of(False, True))

    def one_of(self, *values: Any) -> Any:
        return self.random.choice(values)

    def size(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def filters(self) -> int:
        if self.small:
            return self.size(1, 6)
        return int(self.one_of(self.size(1, 9), 4, 8, 16, 40, 64, 64))

    def sizes(self, extents: Shape, most: int) -> Shape:
        return tuple(self.size(1, min(n, most)) for n in extents)

    def _name(self) -> str:
        return f"l{len(self.lines)}"

    def _extras(self, shape: Shape) -> Said:
        extras: Said = {}
        if self.host:
            extras["place"] = "host"
        elif self.room > CORE or self.flag():
            extras["block"] = self._block(shape)
        words = ("bias off", "neuron lif", "synapse 2 ms", "batchnorm on")
        key, _, value = self.one_of("", "", *words).partition(" ")
        return {**extras, key: value} if key else extras

    def _block(self, shape: Shape) -> Shape:
        """Return a block of at most ``room`` neurons, by slices for a conv3d."""
        extents, room, block = list(shape), self.room, []
        if len(shape) == 4:
            group = self.one_of(1, self.size(1, shape[0]))
            block, extents = [group], [*shape[1:3], group * shape[3]]
        for extent in extents:
            most = min(extent, room)
            size = self.one_of(self.size(-(-most // 3), most), most)
            room //= size
            block.append(size)
        return tuple(block)


def dims(value: object) -> str:
    """Return a value as specs have it, the sizes of several axes with an x between."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def positions(extents: Shape, window: Shape, stride: Shape, padding: str) -> Shape:
    """Return how many places a window has along each axis."""
    if padding != "valid":
        return tuple(-(-n // s) for n, s in zip(extents, stride, strict=True))
    axes = zip(extents, window, stride, strict=True)
    return tuple((n - w) // s + 1 for n, w, s in axes)
