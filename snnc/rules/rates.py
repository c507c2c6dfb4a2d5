"""Rules for rates at which neurons can't fire, and for averages of LIF neurons."""

from __future__ import annotations

import math
from collections.abc import Iterator

from snnc.diagnostics import LayerDiagnostic, LayerWarning
from snnc.ir.logical import (
    AveragePooling,
    LogicalLayer,
    LogicalNetwork,
    Loihi,
    Rate,
    Spiking,
)
from snnc.language.keywords import otherwise
from snnc.language.layers import SpikingSpec
from snnc.language.model import TimingSpec

USUAL_STEP: float = TimingSpec.dt
"""The default of `dt` in seconds."""
USUAL_LOW: float = otherwise(SpikingSpec, "rate")[0]
"""The default lower end of a rate in Hz."""
_ONE = 1 + 1e-9


def time(seconds: float) -> str:
    """Write a time as in a spec; use milliseconds below one second."""
    return f"{seconds:.6g} s" if seconds >= 1 else f"{1000 * seconds:.6g} ms"


def below(limit: float) -> float:
    """Round a limit down to six digits."""
    unit = 10.0 ** (math.floor(math.log10(limit)) - 5)
    return float(f"{math.floor(limit / unit * (1 + 1e-12)) * unit:.6g}")


def spiking_layers(network: LogicalNetwork) -> Iterator[tuple[LogicalLayer, Spiking]]:
    """Yield the layers with neurons, each with its spiking properties."""
    for layer in network.layers:
        if layer.spiking is not None:
            yield layer, layer.spiking


def chip_layers(network: LogicalNetwork) -> Iterator[tuple[LogicalLayer, Spiking]]:
    """Yield the layers on a Loihi chip, each with its spiking properties."""
    if isinstance(network.target, Loihi):
        yield from (each for each in spiking_layers(network) if each[0].on_chip)


def neurons_read(
    network: LogicalNetwork, reader: LogicalLayer, seen: set[str]
) -> Iterator[LogicalLayer]:
    """Yield the layers with neurons that a layer reads, also through pools or joins.

    Layers in ``seen`` are skipped, and the others are added to it.
    """
    ahead = [*reader.sources]
    while ahead:
        layer = network.by_name.get(ahead.pop())
        if layer is None or layer.name in seen:
            continue
        seen.add(layer.name)
        if layer.spiking is None:
            ahead += layer.sources
        else:
            yield layer


def pause(spiking: Spiking) -> float:
    """Return the refractory period of a layer's neurons, in seconds."""
    return 0.0 if spiking.neuron is None else spiking.neuron.tau_ref


def above_ceiling(network: LogicalNetwork) -> dict[str, Spiking]:
    """Return the layers whose neurons can't fire at their target rate, by name."""
    return {
        layer.name: spiking
        for layer, spiking in spiking_layers(network)
        if spiking.rate.high * (network.timing.dt + pause(spiking)) > _ONE
    }


def step_is_at_fault(network: LogicalNetwork) -> bool:
    """Return whether a long `dt` is the problem, instead of the rates."""
    timing = network.timing
    is_long = "dt" in timing.spans and timing.dt > USUAL_STEP
    return is_long and len(above_ceiling(network)) > 1


class RateAboveCeiling(LayerDiagnostic):
    """Checks that the neurons can fire at the target rate.

    A neuron on the chip fires at most once per step, and a LIF neuron at most once per
    `tau_ref` plus one step. The highest possible rate is `1 / dt` for relu and `1 /
    (tau_ref + dt)` for lif.
    """

    code = "SNN500"
    title = "rate that the neurons can't reach"
    message = "the {neuron} neurons of `{name}` can't fire at {high} Hz"
    label = "at most {limit} Hz"
    notes = ("the highest possible rate is {formula} = {ceiling} Hz",)
    help = "write `rate {low}..{limit} Hz`, or a lower upper end"

    neuron: str
    low: str
    high: float
    limit: float
    ceiling: float
    formula: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[RateAboveCeiling]:
        above = {} if step_is_at_fault(network) else above_ceiling(network)
        for name, spiking in above.items():
            ceiling = 1 / (network.timing.dt + pause(spiking))
            low = spiking.rate.low if spiking.rate.low < ceiling else USUAL_LOW
            yield cls.at(
                network.by_name[name],
                "rate",
                neuron="lif" if spiking.neuron else "relu",
                low=f"{low:.6g}" if 0 < low < ceiling else "",
                high=spiking.rate.high,
                limit=below(ceiling),
                ceiling=ceiling,
                formula="1 / (tau_ref + dt)" if spiking.neuron else "1 / dt",
            )


class NoSuchRate(LayerWarning):
    """Checks that a neuron on the chip can fire at a rate within its layer's range.

    With a constant input, a neuron (relu or lif) fires once every `k` steps, where `k`
    is a whole number. Its rate is therefore `1 / (k dt)`. With steps of 1 ms, the
    possible rates closest to 150 Hz are 142.9 and 166.7 Hz. Scaling the weights can't
    bring a layer into a range that lies between two such rates.
    """

    code = "SNN507"
    title = "range between two possible rates"
    message = "no neuron of `{name}` fires at {rate.low} to {rate.high} Hz on the chip"
    label = "between the possible rates {slower:.4g} and {faster:.4g} Hz"
    notes = ("the time between spikes is a whole number of steps of {step}",)
    help = "write `rate {near}..{rate.high} Hz`, or a higher upper end"

    rate: Rate
    slower: float
    faster: float
    step: str
    near: float

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[NoSuchRate]:
        dt, above = network.timing.dt, above_ceiling(network)
        for layer, spiking in chip_layers(network):
            rate = spiking.rate
            steps = math.ceil(1 / (rate.high * dt) / _ONE)
            slower = 1 / (steps * dt)
            if layer.name not in above and slower * _ONE < rate.low:
                yield cls.at(
                    layer,
                    "rate",
                    rate=rate,
                    slower=slower,
                    faster=1 / ((steps - 1) * dt),
                    step=time(dt),
                    near=math.floor(slower) or below(slower),
                )


class AveragedLif(LayerWarning):
    """Checks for averages of LIF neurons on the chip, since they reduce accuracy.

    Filtered spikes are noisy, and the rate curve of a LIF neuron is steepest at its
    threshold. Near the threshold, noise therefore makes neurons fire that should be
    silent. An average does not remove these spikes, so later layers read them. A ReLU
    neuron has no such step. `docs/accuracy/fidelity.md` compares ReLU and LIF networks.
    """

    code = "SNN508"
    title = "average of LIF neurons"
    message = (
        "`{pool}` averages LIF neurons, which are less accurate on the chip than ReLU"
    )
    label = "near their threshold, noise makes these neurons fire"
    notes = ("`{pool}` reads `{name}`",)
    help = "write `neuron relu`, unless you need LIF neurons"

    pool: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[AveragedLif]:
        averaged: dict[str, str] = {}  # the first pool that reads a layer
        seen: set[str] = set()
        for pool in network.layers:
            if isinstance(pool.operation, AveragePooling):
                for layer in neurons_read(network, pool, seen):
                    averaged[layer.name] = pool.name
        for layer, spiking in chip_layers(network):
            if layer.name in averaged and spiking.neuron is not None:
                yield cls.at(layer, "neuron", pool=averaged[layer.name])
