"""Rates, time and ranges, and neurons that cost accuracy at some of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import AveragePool, Layer, Lif, Loihi, Network
from snnc.rules.ceilings import StepTooLong, below, time
from snnc.source import Span

WIDEST_UNSCALED = 16.0

# nengo_loihi 1.1.0, builder/discretize.py: decays are fractions of 4096, and the
# slowest that is not zero has a time constant of about two times as many steps.
SLOWEST_DECAY_STEPS = 8190

# exp(-9) of 4096 is less than a half: faster decays are rounded to all of it.
FASTEST_DECAY_STEPS = 9
LONGEST_REFRACTORY = 0.062

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}
SAME_STEPS = 1e-6
"""By what share `present` may differ from a whole number of steps."""


class PresentNotSteps(Diagnostic):
    """`present` must be a whole number of steps, two at least."""

    code = "SNN501"
    title = "presentation that is no number of steps"
    message = "`present {present}` is {steps} {noun} of {dt}"
    label = "{steps} {noun}"
    notes = ("an example is presented for a whole number of steps, two at least",)
    help = "write `present {near}`"

    present: str
    dt: str
    steps: float
    near: str

    @property
    def noun(self) -> str:
        return "step" if self.steps == 1 else "steps"

    @classmethod
    def check(cls, network: Network) -> Iterator[PresentNotSteps]:
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
    """A number of steps in the unit of another time, in as many digits as it takes."""
    unit = written.lstrip("+-.0123456789eE").strip()
    unit = unit if unit in UNITS else "ms"
    exact = UNITS[unit] * steps * step
    texts = (f"{exact:.{digits}g}" for digits in range(6, 18))
    close = (t for t in texts if abs(float(t) / exact - 1) < SAME_STEPS / 2)
    return f"{next(close)} {unit}"


class WideRange(Diagnostic):
    """The input's range is wide, and nothing maps it to a narrow one.

    Kernels are initialised for values of about unit size. `as` maps the range
    linearly, in Keras and in Nengo alike.
    """

    code = "SNN502"
    title = "wide input range"
    severity = Severity.WARNING
    message = "the values span {span_width}, and nothing scales them"
    label = "no `as` after the range"
    help = "write `as {target}` after the range"

    span_width: float
    target: str

    @classmethod
    def check(cls, network: Network) -> Iterator[WideRange]:
        given = network.input
        width = given.high - given.low
        if given.scaled is None and width > WIDEST_UNSCALED:
            yield cls(
                span=given.range_span or given.span,
                span_width=width,
                target="-1..1" if given.low < 0 else "0..1",
            )


class SynapseTooLong(Diagnostic):
    """A time constant is longer than the chip's decay can express.

    Decays are 12 bit fixed-point numbers, so that a time constant must stay below
    about 4096 x 2 steps (nengo_loihi 1.1.0, builder/discretize.py).
    """

    code = "SNN503"
    title = "time constant too long for the chip"
    message = "`{what}` of `{name}` is {value}, the chip's longest is {limit}"
    label = "at most {limit}"
    help = "write `{what} {limit}` or less"

    name: str
    what: str
    value: str
    limit: str

    @classmethod
    def check(cls, network: Network) -> Iterator[SynapseTooLong]:
        if not isinstance(network.target, Loihi):
            return
        limit = SLOWEST_DECAY_STEPS * network.timing.dt
        for layer in network.layers:
            if not layer.on_chip or layer.spiking is None:
                continue
            constants = {"synapse": layer.spiking.synapse}
            if isinstance(layer.spiking.neuron, Lif):
                constants["tau_rc"] = layer.spiking.neuron.tau_rc
            for what, value in constants.items():
                if value > limit * (1 + 1e-9):
                    yield cls(
                        span=_constant_span(network, layer, what),
                        name=layer.name,
                        what=what,
                        value=time(value),
                        limit=time(below(limit)),
                    )


def _constant_span(network: Network, layer: Layer, what: str) -> Span:
    """Where a time constant is written: in the layer, `defaults` or `timing`."""
    if what == "tau_rc":
        return layer.spans.get("neuron", layer.span)
    general = network.timing.spans.get(what, layer.span)
    return layer.spans.get(what, general)


class DecayTooFast(Diagnostic):
    """A membrane's time constant is shorter than the chip's decay can express.

    The decay in a step is a fraction of 4096, `4096 (1 - exp(-dt / tau_rc))`: below
    about `dt / 9` it is rounded to all of it, and the neuron has no memory
    (nengo_loihi 1.1.0, builder/discretize.py).
    """

    code = "SNN504"
    title = "time constant too short for the chip"
    message = "`tau_rc` of `{name}` is {value}, the chip's shortest is {limit}"
    label = "at least {limit}"
    help = "write `tau_rc {near}` or more, or `neuron relu`"

    name: str
    value: str
    limit: str
    near: str

    @classmethod
    def check(cls, network: Network) -> Iterator[DecayTooFast]:
        limit = network.timing.dt / FASTEST_DECAY_STEPS
        for layer, neuron in _lif_on_chip(network):
            if neuron.tau_rc < limit * (1 - 1e-4):
                yield cls(
                    span=layer.spans.get("neuron", layer.span),
                    name=layer.name,
                    value=time(neuron.tau_rc),
                    limit=time(limit),
                    near=f"{math.ceil(1e5 * limit - 1e-9) / 100:g} ms",
                )


class RefractoryTooLong(Diagnostic):
    """A refractory period is longer than the chip can count.

    The limit is 62 ms. The emulator does not check it, the
    hardware does (nengo_loihi 1.1.0).
    """

    code = "SNN505"
    title = "refractory period too long for the chip"
    message = "`tau_ref` of `{name}` is {value}, the chip's longest is {limit}"
    label = "at most {limit}"
    help = "write `tau_ref {limit}` or less"

    name: str
    value: str
    limit: str

    @classmethod
    def check(cls, network: Network) -> Iterator[RefractoryTooLong]:
        for layer, neuron in _lif_on_chip(network):
            if neuron.tau_ref > LONGEST_REFRACTORY:
                yield cls(
                    span=layer.spans.get("neuron", layer.span),
                    name=layer.name,
                    value=time(neuron.tau_ref),
                    limit=time(LONGEST_REFRACTORY),
                )


def _lif_on_chip(network: Network) -> Iterator[tuple[Layer, Lif]]:
    if not isinstance(network.target, Loihi):
        return
    for layer in network.layers:
        if not layer.on_chip or layer.spiking is None:
            continue
        if isinstance(layer.spiking.neuron, Lif):
            yield layer, layer.spiking.neuron


class AveragedLif(Diagnostic):
    """LIF neurons of the chip are averaged, which costs accuracy.

    Filtered spikes are noisy, and a LIF neuron is steepest at its threshold: there it
    makes rate of noise. Neurons that should be silent fire, an average takes none of
    that back, and layers behind it are driven by it. A rectified linear neuron has no
    such step. `docs/accuracy/fidelity.md` compares both.
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
