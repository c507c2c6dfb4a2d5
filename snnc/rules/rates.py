"""Rates, time and ranges."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Severity
from snnc.graph.logical import Lif, Loihi, Network

WIDEST_UNSCALED = 16.0

# nengo_loihi 1.1.0, builder/discretize.py: decays are fractions of 4096, and the
# slowest that is not zero has a time constant of about two times as many steps.
SLOWEST_DECAY_STEPS = 8190


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
