"""Networks written down layer by layer, for tests of the back end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from snnc.diagnostics import Diagnostics
from snnc.ir.logical import Loihi, Nengo, Shape
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.passes.place import place
from snnc.source import SourceFile, Span
from tests.support import network, sound

SPAN = Span(SourceFile("sketch.snn", ""), 0, 0)


def loihi(chips: int = 1, cores: int | None = None, pop: Any = "auto") -> Loihi:
    return Loihi(chips, cores if cores is not None else 128 * chips, pop, SPAN)


def nengo() -> Nengo:
    return Nengo(SPAN)


@dataclass
class Sketch:
    """Adds layers one by one; each method gives the new layer's name.

    A layer reads the one before it unless ``sources`` says otherwise. Properties are
    those of the statement.
    """

    shape: Shape
    target: Loihi | Nengo = field(default_factory=loihi)
    lines: list[str] = field(default_factory=list)

    def encode(self, filters: int = 1) -> str:
        return self._add("encode conv", (), filters=filters, rate="20..150 Hz")

    def conv(
        self,
        filters: int,
        kernel: Shape | int = 3,
        stride: Shape | int = 1,
        padding: str = "valid",
        sources: tuple[str, ...] = (),
        **said: Any,
    ) -> str:
        kind = f"conv{len(self.shape) - 1}d"
        said |= {"filters": filters, "kernel": kernel, "stride": stride}
        return self._add(kind, sources, padding=padding, **said)

    def dense(self, units: int, sources: tuple[str, ...] = (), **said: Any) -> str:
        return self._add("dense", sources, units=units, **said)

    def pool(self, window: Shape | int, stride: Shape | int | None = None) -> str:
        return self._add("avgpool", (), window=window, stride=stride or window)

    def maximum(
        self, window: Shape, stride: Shape, padding: str, sources: tuple[str, ...]
    ) -> str:
        said = {"window": window, "stride": stride, "padding": padding}
        return self._add("maxpool", sources, **said)

    def concat(self, *sources: str) -> str:
        return self._add("concat", sources)

    @property
    def last(self) -> str:
        return f"l{len(self.lines) - 1}"

    def lower(self) -> LoweredNetwork:
        target = "nengo"
        if isinstance(self.target, Loihi):
            chips, cores, pop = self.target.chips, self.target.cores, self.target.pop
            target = f"loihi {{ chips {chips}, cores {cores}, pop {pop} }}"
        head = [f"target {target}", "timing { present 60 ms }"]
        head.append(f"input x {_written(self.shape)} in 0..1")
        body = [*head, *self.lines, "readout y { units 3 }"]
        made = sound(network("\n".join(body), "sketch"), "lower")
        assert isinstance(made, LoweredNetwork)
        return made

    def place(self) -> MappedNetwork:
        report = Diagnostics()
        found = place(self.lower(), report)
        assert found is not None, [d.render_message() for d in report.diagnostics]
        return found

    def _add(self, kind: str, sources: tuple[str, ...], **said: Any) -> str:
        reads = ", ".join(sources) or (self.last if self.lines else "")
        properties = ", ".join(f"{k} {_written(v)}" for k, v in said.items())
        block = f" {{ {properties} }}" if said else ""
        name = f"l{len(self.lines)}"
        self.lines.append(f"{kind} {name}{reads and f' from {reads}'}{block}")
        return name


def _written(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
