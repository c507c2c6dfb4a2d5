"""Logical networks written down in Python, lowered, for tests of the back end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from snnc.diagnostics import Diagnostics
from snnc.ir.logical import (
    Add,
    AveragePooling,
    Concat,
    Convolution,
    Dense,
    InputLayer,
    LogicalLayer,
    LogicalNetwork,
    Loihi,
    MaxPooling,
    Nengo,
    Operation,
    Rate,
    ReadoutLayer,
    Relu,
    Shape,
    Shortcut,
    Spiking,
    Timing,
)
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.ir.shapes import window_positions
from snnc.language.statements import TrainSpec
from snnc.loihi.profile import read_profile
from snnc.passes.lower import lower
from snnc.passes.place import place
from snnc.source import SourceFile, Span

SPAN = Span(SourceFile("sketch.snn", "sketch"), 0, 6)
RATE = Rate(20.0, 150.0, 99.9)


def loihi(chips: int = 1, cores: int | None = None, pop: Any = "auto") -> Loihi:
    return Loihi(chips, cores if cores is not None else 128 * chips, pop, SPAN)


def nengo() -> Nengo:
    return Nengo(SPAN)


@dataclass
class Sketch:
    """Adds layers one by one; each method gives the new layer's name.

    A layer reads the one before it unless ``sources`` says otherwise.
    """

    shape: Shape
    target: Loihi | Nengo = field(default_factory=loihi)
    layers: dict[str, LogicalLayer] = field(default_factory=dict)

    def encode(self, filters: int = 1) -> str:
        rank = len(self.shape) - 1
        ones = (1,) * rank
        shape = (*self.shape[:-1], filters)
        operation = Convolution(ones, ones, "valid", True, ones)
        return self._add("encode conv", operation, ("x",), shape, self._spiking(None))

    def conv(
        self,
        filters: int,
        kernel: Shape | int = 3,
        stride: Shape | int = 1,
        padding: Any = "valid",
        sources: tuple[str, ...] = (),
        shortcut: str | None = None,
        block: Shape | None = None,
        place: Any = "chip",
        dilation: Shape | int = 1,
        groups: int = 1,
    ) -> str:
        read = self.shape_of(sources or (self.last,))
        rank = len(read) - 1
        kernel, stride = _dims(kernel, rank), _dims(stride, rank)
        operation = Convolution(
            kernel, stride, padding, True, _dims(dilation, rank), groups
        )
        shape = tuple(
            window_positions(n, k, s, padding)
            for n, k, s in zip(read, operation.extent, stride, strict=False)
        )
        return self._add(
            f"conv{rank}d",
            operation,
            sources,
            (*shape, filters),
            self._spiking(block, place),
            self._shortcut(shortcut, (*shape, filters)),
        )

    def dense(
        self,
        units: int,
        sources: tuple[str, ...] = (),
        shortcut: str | None = None,
        block: Shape | None = None,
        place: Any = "chip",
    ) -> str:
        joined = None
        if shortcut is not None:
            same = self.layers[shortcut].shape == (units,)
            joined = Shortcut(shortcut, None if same else ())
        return self._add(
            "dense", Dense(True), sources, (units,), self._spiking(block, place), joined
        )

    def pool(
        self,
        window: Shape | int = 2,
        stride: Shape | int | None = None,
        sources: tuple[str, ...] = (),
    ) -> str:
        read = self.shape_of(sources or (self.last,))
        window = _dims(window, len(read) - 1)
        stride = _dims(window if stride is None else stride, len(read) - 1)
        shape = tuple(
            (n - w) // s + 1 for n, w, s in zip(read, window, stride, strict=False)
        )
        return self._add(
            "avgpool", AveragePooling(window, stride), sources, (*shape, read[-1])
        )

    def maximum(
        self,
        window: Shape | int = 2,
        stride: Shape | int | None = None,
        padding: Any = "valid",
        sources: tuple[str, ...] = (),
        block: Shape | None = None,
    ) -> str:
        """Add a max pool of windows of more than one value."""
        read = self.shape_of(sources or (self.last,))
        window = _dims(window, len(read) - 1)
        stride = _dims(window if stride is None else stride, len(read) - 1)
        shape = tuple(
            window_positions(n, w, s, padding)
            for n, w, s in zip(read, window, stride, strict=False)
        )
        operation = MaxPooling(window, stride, padding)
        spiking = self._spiking(block)
        return self._add("maxpool", operation, sources, (*shape, read[-1]), spiking)

    def add(self, *sources: str) -> str:
        return self._add("add", Add(), sources, self.shape_of(sources))

    def concat(self, *sources: str) -> str:
        channels = sum(self.layers[source].shape[-1] for source in sources)
        shape = (*self.shape_of(sources)[:-1], channels)
        return self._add("concat", Concat(), sources, shape)

    @property
    def last(self) -> str:
        return next(reversed(self.layers))

    def shape_of(self, sources: tuple[str, ...]) -> Shape:
        return self.layers[sources[0]].shape

    def network(self) -> LogicalNetwork:
        return LogicalNetwork(
            name="sketch",
            about="",
            device=read_profile(),
            target=self.target,
            timing=Timing(1e-3, 0.06, 60, SPAN),
            input=InputLayer("x", self.shape, 0.0, 1.0, None, SPAN),
            layers=tuple(self.layers.values()),
            readout=ReadoutLayer("y", (self.last,), 3, None, "mean", 0.01, 0.0, SPAN),
            train=TrainSpec(),
            span=SPAN,
        )

    def lower(self) -> LoweredNetwork:
        return lower(self.network())

    def place(self) -> MappedNetwork:
        report = Diagnostics()
        found = place(self.lower(), report)
        assert found is not None, [d.render_message() for d in report.diagnostics]
        return found

    def _add(
        self,
        kind: str,
        operation: Operation,
        sources: tuple[str, ...],
        shape: Shape,
        spiking: Spiking | None = None,
        shortcut: Shortcut | None = None,
    ) -> str:
        name = f"l{len(self.layers)}"
        self.layers[name] = LogicalLayer(
            name,
            kind,
            operation,
            sources or (self.last,),
            shape,
            spiking,
            shortcut,
            SPAN,
            {},
        )
        return name

    def _spiking(self, block: Shape | None, place: Any = "chip") -> Spiking:
        return Spiking(Relu(), RATE, False, 0.0, 0.0, place, 0.005, block)

    def _shortcut(self, source: str | None, shape: Shape) -> Shortcut | None:
        if source is None:
            return None
        read = self.layers[source].shape
        if read == shape:
            return Shortcut(source, None)
        strides = zip(read[:-1], shape[:-1], strict=True)
        return Shortcut(source, tuple(-(-n // m) for n, m in strides))


def _dims(value: Shape | int, rank: int) -> Shape:
    return (value,) * rank if isinstance(value, int) else value
