"""Rates, time and ranges."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Severity
from snnc.graph.logical import Layer, Lif, Loihi, Network

WIDEST_UNSCALED = 16.0

# nengo_loihi 1.1.0, builder/discretize.py: decays are fractions of 4096, and the
# slowest that is not zero has a time constant of about two times as many steps.
SLOWEST_DECAY_STEPS = 8190

# exp(-9) of 4096 is less than a half: faster decays are rounded to all of it.
FASTEST_DECAY_STEPS = 9
LONGEST_REFRACTORY = 0.062


class RateAboveCeiling(Diagnostic):
    """A target rate is higher than the neurons can fire.

    A neuron of the chip fires at most once a step, and a LIF neuron at most once
    in `tau_ref` and a step: the ceiling is `1 / dt` for relu and
    `1 / (tau_ref + dt)` for lif.
    """

    code = "SNN500"
    title = "rate above the ceiling"
    message = "{high} Hz is more than a {neuron} neuron of `{name}` can fire"
    label = "at most {limit} Hz"
    notes = ("the ceiling is {formula} = {limit} Hz",)
    help = "write a rate of at most `{limit} Hz`"

    name: str
    neuron: str
    high: float
    limit: float
    formula: str

    @classmethod
    def check(cls, network: Network) -> Iterator[RateAboveCeiling]:
        dt = network.timing.dt
        for layer in network.layers:
            if layer.spiking is None:
                continue
            neuron = layer.spiking.neuron
            lif = isinstance(neuron, Lif)
            period = dt + (neuron.tau_ref if isinstance(neuron, Lif) else 0.0)
            if layer.spiking.rate.high * period <= 1 + 1e-9:
                continue
            yield cls(
                span=layer.spans.get("rate", layer.span),
                name=layer.name,
                neuron="lif" if lif else "relu",
                high=layer.spiking.rate.high,
                limit=1 / period,
                formula="1 / (tau_ref + dt)" if lif else "1 / dt",
            )


class PresentNotSteps(Diagnostic):
    """`present` must be a whole number of steps, two at least."""

    code = "SNN501"
    title = "presentation that is no number of steps"
    message = "present {present} s is {steps} steps of {dt} s"
    notes = ("an example is presented for a whole number of steps, two at least",)
    help = "write `present {near} ms`"

    present: float
    dt: float
    steps: float
    near: float

    @classmethod
    def check(cls, network: Network) -> Iterator[PresentNotSteps]:
        timing = network.timing
        steps = timing.present / timing.dt
        whole = max(round(steps), 2)
        if abs(steps - whole) > 1e-6 * whole:
            yield cls(
                span=network.timing.span,
                present=timing.present,
                dt=timing.dt,
                steps=steps,
                near=1000 * whole * timing.dt,
            )


class WideRange(Diagnostic):
    """The input's range is wide, and nothing maps it to a narrow one.

    Kernels are initialised for values of about unit size. `as` maps the range
    linearly, in Keras and in Nengo alike.
    """

    code = "SNN502"
    title = "wide input range"
    severity = Severity.WARNING
    message = "the values span {span_width}, and nothing scales them"
    help = "add `as {target}`"

    span_width: float
    target: str

    @classmethod
    def check(cls, network: Network) -> Iterator[WideRange]:
        given = network.input
        width = given.high - given.low
        if given.scaled is None and width > WIDEST_UNSCALED:
            yield cls(
                span=given.span,
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
    message = "{what} of `{name}` is {value} s, above {limit} s"
    help = "write at most `{limit} s`"

    name: str
    what: str
    value: float
    limit: float

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
                if value > limit:
                    span = layer.spans.get(what, layer.span)
                    yield cls(
                        span=span, name=layer.name, what=what, value=value, limit=limit
                    )


class DecayTooFast(Diagnostic):
    """A membrane's time constant is shorter than the chip's decay can express.

    The decay in a step is a fraction of 4096, `4096 (1 - exp(-dt / tau_rc))`: below
    about `dt / 9` it is rounded to all of it, and the neuron has no memory
    (nengo_loihi 1.1.0, builder/discretize.py).
    """

    code = "SNN504"
    title = "time constant too short for the chip"
    message = "tau_rc of `{name}` is {value} s, below {limit} s"
    help = "write at least `{limit} s`, or `neuron relu`"

    name: str
    value: float
    limit: float

    @classmethod
    def check(cls, network: Network) -> Iterator[DecayTooFast]:
        limit = network.timing.dt / FASTEST_DECAY_STEPS
        for layer, neuron in _lif_on_chip(network):
            if neuron.tau_rc < limit * (1 - 1e-4):
                yield cls(
                    span=layer.spans.get("neuron", layer.span),
                    name=layer.name,
                    value=neuron.tau_rc,
                    limit=limit,
                )


class RefractoryTooLong(Diagnostic):
    """A refractory period is longer than the chip can count.

    The limit is 62 ms. The emulator does not check it, the
    hardware does (nengo_loihi 1.1.0).
    """

    code = "SNN505"
    title = "refractory period too long for the chip"
    message = "tau_ref of `{name}` is {value} s, above {limit} s"
    help = "write at most `{limit} s`"

    name: str
    value: float
    limit: float

    @classmethod
    def check(cls, network: Network) -> Iterator[RefractoryTooLong]:
        for layer, neuron in _lif_on_chip(network):
            if neuron.tau_ref > LONGEST_REFRACTORY:
                yield cls(
                    span=layer.spans.get("neuron", layer.span),
                    name=layer.name,
                    value=neuron.tau_ref,
                    limit=LONGEST_REFRACTORY,
                )


def _lif_on_chip(network: Network) -> Iterator[tuple[Layer, Lif]]:
    if not isinstance(network.target, Loihi):
        return
    for layer in network.layers:
        if not layer.on_chip or layer.spiking is None:
            continue
        if isinstance(layer.spiking.neuron, Lif):
            yield layer, layer.spiking.neuron
