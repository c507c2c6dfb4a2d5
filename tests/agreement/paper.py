"""A spec as it is written, statement by statement, with the shapes that it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Shape = tuple[int, ...]

CORE = 1024
"""Neurons that a core holds."""


@dataclass
class Paper:
    """The statements written so far, and the shapes that they give.

    ``last`` is what the next statement reads, ``neurons`` are the layers that spike.
    ``host`` says that the layers to come go to the host; ``room`` is how many neurons
    a block may have.
    """

    draw: Draw
    shape: Shape
    range: str = "0..1"
    lines: list[str] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    neurons: list[str] = field(default_factory=list)
    last: str = ""
    host: bool = False
    room: int = CORE

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
        words = [
            f"filters {filters}",
            f"kernel {dims(kernel)}",
            f"stride {dims(stride)}",
            f"padding {padding}",
        ]
        if dilation:
            words.append(f"dilation {dims(dilation)}")
        if groups > 1:
            words.append(f"groups {groups}")
        return self.neural(f"conv{self.rank}d", words, shape, source, shortcut)

    def depthwise(
        self, multiplier: int, kernel: Shape, stride: Shape, padding: str
    ) -> str:
        *spatial, channels = self.shapes[self.last]
        places = positions(tuple(spatial), kernel, stride, padding)
        words = [
            f"kernel {dims(kernel)}",
            f"stride {dims(stride)}",
            f"padding {padding}",
            f"multiplier {multiplier}",
        ]
        shape = (*places, channels * multiplier)
        return self.neural(f"depthwise{self.rank}d", words, shape)

    def transpose(
        self, filters: int, kernel: Shape, stride: Shape, padding: str
    ) -> None:
        sizes = self.spatial or (1,) * self.rank
        places = tuple(
            n * s + (max(k - s, 0) if padding == "valid" else 0)
            for n, k, s in zip(sizes, kernel, stride, strict=True)
        )
        words = [
            f"filters {filters}",
            f"kernel {dims(kernel)}",
            f"stride {dims(stride)}",
            f"padding {padding}",
        ]
        self.neural("conv2d_transpose", words, (*places, filters))

    def dense(self, units: int, source: str = "", shortcut: str = "") -> str:
        return self.neural("dense", [f"units {units}"], (units,), source, shortcut)

    def neural(
        self,
        kind: str,
        words: list[str],
        shape: Shape,
        source: str = "",
        shortcut: str = "",
    ) -> str:
        extras = [f"shortcut {shortcut}"] if shortcut else []
        name = self._name()
        self.neurons.append(name)
        said = ", ".join((*words, *extras, *self._extras(shape)))
        return self.write(kind, name, shape, source, f" {{ {said} }}")

    def pool(self, window: Shape, stride: Shape | None) -> str:
        shape = positions(self.spatial, window, stride or window, "valid")
        said = f" {{ window {dims(window)}"
        said += f", stride {dims(stride)} }}" if stride else " }"
        channels = self.shapes[self.last][-1]
        return self.write("avgpool", self._name(), (*shape, channels), "", said)

    def maximum(self, window: Shape, stride: Shape, padding: str) -> str:
        shape = positions(self.spatial, window, stride, padding)
        words = f"window {dims(window)}, stride {dims(stride)}, padding {padding}"
        channels = self.shapes[self.last][-1]
        name = self._name()
        if max(window) > 1:
            self.neurons.append(name)
        return self.write("maxpool", name, (*shape, channels), "", f" {{ {words} }}")

    def join(self, kind: str, one: str, two: str) -> str:
        spatial, channels = self.shapes[one][:-1], self.shapes[one][-1]
        if kind == "concat":
            channels += self.shapes[two][-1]
        shape = (*spatial, channels)
        return self.write(kind, self._name(), shape, f"{one}, {two}", "")

    def write(self, kind: str, name: str, shape: Shape, source: str, said: str) -> str:
        reads = f" from {source}" if source else ""
        self.lines.append(f"{kind} {name}{reads}{said}")
        self.shapes[name] = shape
        self.last = name
        return name

    def flag(self) -> bool:
        return bool(self.draw(st.booleans()))

    def one_of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def size(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def sizes(self, extents: Shape, most: int) -> Shape:
        return tuple(self.size(1, min(n, most)) for n in extents)

    def _name(self) -> str:
        return f"l{len(self.lines)}"

    def _extras(self, shape: Shape) -> list[str]:
        extras = []
        if self.host:
            extras.append("place host")
        elif self.room > CORE or self.flag():
            extras.append(f"block {dims(self._block(shape))}")
        said = self.one_of("", "", "bias off", "neuron lif", "synapse 2 ms")
        return [*extras, said] if said else extras

    def _block(self, shape: Shape) -> Shape:
        """Return a block of at most ``room`` neurons, by slices for a conv3d."""
        extents, room, block = list(shape), self.room, []
        if len(shape) == 4:
            group = self.one_of(1, self.size(1, shape[0]))
            block, extents = [group], [*shape[1:3], group * shape[3]]
        for extent in extents:
            most = min(extent, room)
            size = int(self.draw(st.integers(-(-most // 3), most) | st.just(most)))
            room //= size
            block.append(size)
        return tuple(block)


def dims(sizes: Shape) -> str:
    return "x".join(map(str, sizes))


def positions(extents: Shape, window: Shape, stride: Shape, padding: str) -> Shape:
    """Return how many places a window has along each axis."""
    if padding != "valid":
        return tuple(-(-n // s) for n, s in zip(extents, stride, strict=True))
    axes = zip(extents, window, stride, strict=True)
    return tuple((n - w) // s + 1 for n, w, s in axes)
