"""Neurons that cost accuracy on the chip."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import AveragePool, Layer, Lif, Loihi, Network


class AveragedLif(Diagnostic):
    """LIF neurons of the chip are averaged, which costs accuracy.

    Filtered spikes are noisy, and a LIF neuron is steepest at its threshold: there it
    makes rate of noise. Neurons that should be silent fire, an average takes none of
    that back, and layers behind it are driven by it. A rectified linear neuron has no
    such step. `docs/accuracy.md` has what was measured of both.
    """

    code = "SNN508"
    title = "average of LIF neurons"
    severity = Severity.WARNING
    message = "`{pool}` averages LIF neurons, which tell less on the chip than relu"
    label = "near their threshold, these neurons fire by noise"
    notes = ("`{pool}` reads `{name}`",)
    help = "write `neuron relu`, unless the chip has to have LIF neurons"

    name: str
    pool: str

    @classmethod
    def check(cls, network: Network) -> Iterator[AveragedLif]:
        if not isinstance(network.target, Loihi):
            return
        layers = {layer.name: layer for layer in network.layers}
        for pool in network.layers:
            if not isinstance(pool.operation, AveragePool):
                continue
            for layer in _spiking(pool, layers):
                lif = layer.spiking and isinstance(layer.spiking.neuron, Lif)
                if lif and layer.on_chip:
                    yield cls(
                        span=layer.spans.get("neuron", layer.span),
                        name=layer.name,
                        pool=pool.name,
                    )


def _spiking(layer: Layer, layers: dict[str, Layer]) -> Iterator[Layer]:
    """Yield the layers with neurons that a pool or a join reads."""
    for source in layer.sources:
        read = layers.get(source)
        if read is not None and read.spiking is None:
            yield from _spiking(read, layers)
        elif read is not None:
            yield read
