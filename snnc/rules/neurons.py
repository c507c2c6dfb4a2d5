"""Neurons that cost accuracy on the chip."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import AveragePool, Lif, Loihi, Network


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
        averaged = _averaged(network)
        for layer in network.layers:
            lif = layer.spiking and isinstance(layer.spiking.neuron, Lif)
            if lif and layer.on_chip and layer.name in averaged:
                yield cls(
                    span=layer.spans.get("neuron", layer.span),
                    name=layer.name,
                    pool=averaged[layer.name],
                )


def _averaged(network: Network) -> dict[str, str]:
    """Return the first pool that averages each layer, itself or what joins read."""
    layers = {layer.name: layer for layer in network.layers}
    pools: dict[str, str] = {}
    for pool in network.layers:
        ahead = [*pool.sources] if isinstance(pool.operation, AveragePool) else []
        while ahead:
            layer = layers.get(ahead.pop())
            if layer is None or layer.name in pools:
                continue
            pools[layer.name] = pool.name
            if layer.spiking is None:
                ahead += layer.sources
    return pools
