"""Rules for rates, times and ranges, and for averages of LIF neurons."""

from __future__ import annotations

import math
from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, LayerDiagnostic, LayerWarning, SpecWarning
from snnc.ir.logical import (
    AveragePooling,
    LifNeuron,
    LogicalLayer,
    LogicalNetwork,
)
from snnc.rules.ceilings import StepTooLong, below, chip_layers, time

WIDEST_UNSCALED = 16.0

# Decays are multiples of 1/4096 (builder/discretize.py in nengo_loihi 1.1.0). The
# slowest nonzero decay has a time constant of about 8190 steps.
SLOWEST_DECAY_STEPS = 8190

# 4096 exp(-9) is less than 0.5, so faster decays are rounded to 4096.
FASTEST_DECAY_STEPS = 9
LONGEST_REFRACTORY = 0.062

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}
SAME_STEPS = 1e-6
"""The relative tolerance for `present` to be a whole number of steps."""


class PresentNotSteps(Diagnostic):
    """Checks that `present` is a whole number of steps, at least two."""

    code = "SNN501"
    title = "presentation that is not a whole number of steps"
    message = "`present {present}` is {steps} {noun} of {dt}"
    label = "{steps} {noun}"
    notes = ("`present` must be a whole number of steps, at least two",)
    help = "write `present {near}`"

    present: str
    dt: str
    steps: float
    near: str

    @property
    def noun(self) -> str:
        return "step" if self.steps == 1 else "steps"

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[PresentNotSteps]:
        timing = network.timing
        steps = timing.present / timing.dt
        whole = max(round(steps), 2)
        if abs(steps - whole) <= SAME_STEPS * whole or StepTooLong.at_fault(network):
            return
        written, step = timing.spans.get("present"), timing.spans.get("dt")
        yield cls(
            span=timing.span,
            present=written.text if written else time(timing.present),
            dt=step.text if step else time(timing.dt),
            steps=steps,
            near=in_unit_of(written.text if written else "", whole, timing.dt),
        )


def in_unit_of(written: str, steps: int, step: float) -> str:
    """Write a number of steps as a time in the unit of another time."""
    unit = written.lstrip("+-.0123456789eE").strip()
    unit = unit if unit in UNITS else "ms"
    exact = UNITS[unit] * steps * step
    texts = (f"{exact:.{digits}g}" for digits in range(6, 18))
    close = (t for t in texts if abs(float(t) / exact - 1) < SAME_STEPS / 2)
    return f"{next(close)} {unit}"


class WideRange(SpecWarning):
    """Checks for a wide input range without scaling.

    Kernels are initialised for values of about 1. `as` scales the range linearly in
    Keras and in Nengo.
    """

    code = "SNN502"
    title = "wide input range"
    message = "the input values span {span_width}, but are not scaled"
    label = "no `as` after the range"
    help = "write `as {target}` after the range"

    span_width: float
    target: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[WideRange]:
        given = network.input
        width = given.high - given.low
        if given.scaled is None and width > WIDEST_UNSCALED:
            yield cls(
                span=given.range_span or given.span,
                span_width=width,
                target="-1..1" if given.low < 0 else "0..1",
            )


class SynapseTooLong(LayerDiagnostic):
    """Checks that the chip can store a long time constant.

    The chip stores decays as 12-bit fixed-point numbers. A time constant must therefore
    be shorter than about 8190 steps (see `builder/discretize.py` in nengo-loihi 1.1.0).
    """

    code = "SNN503"
    title = "time constant above the limit of the chip"
    message = "`{what}` of `{name}` is {value}, but the chip's maximum is {limit}"
    label = "at most {limit}"
    help = "write `{what} {limit}` or less"

    what: str
    value: str
    limit: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[SynapseTooLong]:
        limit = SLOWEST_DECAY_STEPS * network.timing.dt
        for layer, what, value in _time_constants(network):
            if what != "tau_ref" and value > limit * (1 + 1e-9):
                span = layer.spans.get("neuron", layer.span)
                if what == "synapse":
                    general = network.timing.spans.get(what, layer.span)
                    span = layer.spans.get(what, general)
                yield cls(
                    span=span,
                    name=layer.name,
                    what=what,
                    value=time(value),
                    limit=time(below(limit)),
                )


def _time_constants(
    network: LogicalNetwork,
) -> Iterator[tuple[LogicalLayer, str, float]]:
    """Yield the time constants of the layers on the chip, in seconds."""
    for layer, spiking in chip_layers(network):
        yield layer, "synapse", spiking.synapse
        if isinstance(spiking.neuron, LifNeuron):
            yield layer, "tau_rc", spiking.neuron.tau_rc
            yield layer, "tau_ref", spiking.neuron.tau_ref


class DecayTooFast(LayerDiagnostic):
    """Checks that the chip can store a short membrane time constant.

    The chip stores the decay per step, `4096 (1 - exp(-dt / tau_rc))`, as a whole
    number. If `tau_rc` is below about `dt / 9`, this number rounds to 4096, and the
    neuron keeps nothing from the previous step (see `builder/discretize.py` in
    nengo-loihi 1.1.0).
    """

    code = "SNN504"
    title = "time constant below the limit of the chip"
    message = "`tau_rc` of `{name}` is {value}, but the chip's minimum is {limit}"
    label = "at least {limit}"
    help = "write `tau_rc {near}` or more, or `neuron relu`"

    value: str
    limit: str
    near: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[DecayTooFast]:
        limit = network.timing.dt / FASTEST_DECAY_STEPS
        for layer, what, value in _time_constants(network):
            if what == "tau_rc" and value < limit * (1 - 1e-4):
                near = f"{math.ceil(1e5 * limit - 1e-9) / 100:g} ms"
                times = {"value": time(value), "limit": time(limit), "near": near}
                yield cls.at(layer, "neuron", **times)


class RefractoryTooLong(LayerDiagnostic):
    """Checks that the chip supports the length of a refractory period.

    The limit is 62 ms. In nengo-loihi 1.1.0, the emulator doesn't check this limit, but
    the hardware does.
    """

    code = "SNN505"
    title = "refractory period above the limit of the chip"
    message = "`tau_ref` of `{name}` is {value}, but the chip's maximum is {limit}"
    label = "at most {limit}"
    help = "write `tau_ref {limit}` or less"

    value: str
    limit: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[RefractoryTooLong]:
        for layer, what, value in _time_constants(network):
            if what == "tau_ref" and value > LONGEST_REFRACTORY:
                most = time(LONGEST_REFRACTORY)
                yield cls.at(layer, "neuron", value=time(value), limit=most)


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
        averaged = _first_pools(network)
        for layer, spiking in chip_layers(network):
            if layer.name in averaged and isinstance(spiking.neuron, LifNeuron):
                yield cls.at(layer, "neuron", pool=averaged[layer.name])


def _first_pools(network: LogicalNetwork) -> dict[str, str]:
    """Return the first pool that reads each layer, directly or through joins."""
    pools: dict[str, str] = {}
    for pool in network.layers:
        ahead = [*pool.sources] if isinstance(pool.operation, AveragePooling) else []
        while ahead:
            layer = network.by_name.get(ahead.pop())
            if layer is None or layer.name in pools:
                continue
            pools[layer.name] = pool.name
            if layer.spiking is None:
                ahead += layer.sources
    return pools
