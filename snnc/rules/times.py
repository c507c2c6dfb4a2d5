"""Rules for rates and times: steps, presentations, time constants, responses."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from snnc.diagnostics import Diagnostic, Fix, LayerDiagnostic, LayerWarning, SpecWarning
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi, Rate, Spiking
from snnc.language.editions import EDITIONS, NEWEST
from snnc.language.model import TimingSpec
from snnc.language.readers import SECONDS
from snnc.source import Span

USUAL_STEP: float = TimingSpec.dt
"""The default of `dt` in seconds."""
USUAL_LOW: float = EDITIONS[NEWEST].rate[0]
"""The default lower end of a rate in Hz."""
_ONE = 1 + 1e-9

# Decays are multiples of 1/4096 (builder/discretize.py in nengo_loihi 1.1.0). The
# slowest nonzero decay has a time constant of about 8190 steps.
SLOWEST_DECAY_STEPS = 8190

# 4096 exp(-9) is less than 0.5, so faster decays are rounded to 4096.
FASTEST_DECAY_STEPS = 9
LONGEST_REFRACTORY = 0.062

SAME_STEPS = 1e-6
"""The relative tolerance for `present` to be a whole number of steps."""
MIDDLE = {"last": 1.0, "mean": 0.75}
"""The middle of the steps that the readout uses, as a share of `present`."""
OF_MEAN = (
    "`decide mean` reads the second half of the steps, on average at 3/4 of `present`"
)


def time(seconds: float) -> str:
    """Write a time as in a spec; use milliseconds below one second."""
    return f"{seconds:.6g} s" if seconds >= 1 else f"{1000 * seconds:.6g} ms"


def round_down(limit: float) -> float:
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


def shortest_period(network: LogicalNetwork, spiking: Spiking) -> float:
    """Return the shortest time between two spikes of a neuron, in seconds."""
    return network.timing.dt + spiking.neuron.refractory_period


def above_ceiling(network: LogicalNetwork) -> dict[str, Spiking]:
    """Return the layers whose neurons can't fire at their target rate, by name."""
    return {
        layer.name: spiking
        for layer, spiking in spiking_layers(network)
        if spiking.rate.high * shortest_period(network, spiking) > _ONE
    }


def step_is_at_fault(network: LogicalNetwork) -> bool:
    """Return whether a long `dt` is the problem, instead of the rates."""
    timing = network.timing
    # If several layers can't reach their rates, blame the step (decision 007).
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
            has_pause = spiking.neuron.refractory_period > 0
            ceiling = 1 / shortest_period(network, spiking)
            low = spiking.rate.low if spiking.rate.low < ceiling else USUAL_LOW
            yield cls.at(
                network.by_name[name],
                "rate",
                neuron=spiking.neuron.name,
                low=f"{low:.6g}" if 0 < low < ceiling else "",
                high=spiking.rate.high,
                limit=round_down(ceiling),
                ceiling=ceiling,
                formula="1 / (tau_ref + dt)" if has_pause else "1 / dt",
            )


class NoSuchRate(LayerWarning):
    """Checks that a neuron on the chip can fire at a rate within its layer's range.

    With a constant input, a neuron (relu or lif) fires once every `k` steps, where `k`
    is a whole number. Its rate is therefore `1 / (k dt)`. With steps of 1 ms, the
    possible rates closest to 220 Hz are 200 and 250 Hz. Scaling the weights can't
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
        dt = network.timing.dt
        above = above_ceiling(network)
        for layer, spiking in chip_layers(network):
            rate = spiking.rate
            # A neuron fires every n steps, so the possible rates are 1 / (n dt).
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
                    near=math.floor(slower) or round_down(slower),
                )


class StepTooLong(Diagnostic):
    """Checks that the step is short enough for the rates of the network.

    A neuron fires at most once per step, so no rate can be above `1 / dt`. If several
    layers exceed this limit because of a long `dt`, this rule reports the step instead
    of each rate.
    """

    code = "SNN506"
    title = "step too long for the rates"
    message = "`dt {step}` allows at most {limit} Hz, but {count} layers need more"
    label = "one spike per step"
    notes = ("the upper rate of `{fastest}` is {high} Hz",)
    help = "write `dt {near}`, or lower the layers' `rate`"

    step: str
    limit: float
    count: int
    fastest: str
    high: float
    near: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[StepTooLong]:
        if not step_is_at_fault(network):
            return
        above = above_ceiling(network)
        span = network.timing.spans["dt"]
        fastest = max(above, key=lambda name: above[name].rate.high)
        yield cls(
            span=span,
            step=span.text,
            limit=1 / network.timing.dt,
            count=len(above),
            fastest=fastest,
            high=above[fastest].rate.high,
            near=time(_longest_step(network, above.values())),
        )


def _longest_step(network: LogicalNetwork, above: Iterable[Spiking]) -> float:
    """Return the longest step, in seconds, in which no layer has to spike twice.

    It is a whole number of milliseconds and divides `present`. If there is none, return
    `USUAL_STEP`.
    """
    longest = min(
        1 / spiking.rate.high - spiking.neuron.refractory_period for spiking in above
    )
    # 1 ms, the default, is tried last.
    steps = range(int(1000 * longest + 1e-9), 1, -1)
    whole = (ms / 1000 for ms in steps if _divides(ms / 1000, network.timing.present))
    return next(whole, USUAL_STEP)


def _divides(step: float, present: float) -> bool:
    count = present / step
    return abs(count - round(count)) <= SAME_STEPS * count and round(count) >= 2


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
    noun: str
    near: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[PresentNotSteps]:
        timing = network.timing
        steps = timing.present / timing.dt
        if _divides(timing.dt, timing.present) or step_is_at_fault(network):
            return
        written = timing.spans.get("present")
        step = timing.spans.get("dt")
        present = written.text if written else time(timing.present)
        yield cls(
            span=timing.span,
            present=present,
            dt=step.text if step else time(timing.dt),
            steps=steps,
            noun="step" if steps == 1 else "steps",
            near=in_unit_of(present, max(round(steps), 2), timing.dt),
        )


def in_unit_of(written: str, steps: int, step: float) -> str:
    """Write a number of steps as a time in the unit of another time."""
    unit = written.lstrip("+-.0123456789eE").strip()
    unit = unit if unit in SECONDS else "ms"
    exact = SECONDS[unit] * steps * step
    # The shortest number that is still a whole number of steps.
    for digits in range(6, 18):
        text = f"{exact:.{digits}g}"
        if abs(float(text) / exact - 1) < SAME_STEPS / 2:
            break
    return f"{text} {unit}"


class _TimeTooLong(LayerDiagnostic):
    """A time constant above a limit of the chip."""

    message = "`{what}` of `{name}` is {value}, but the chip's maximum is {limit}"
    label = "at most {limit}"
    help = "write `{what} {limit}` or less"

    what: str
    value: str
    limit: str

    @classmethod
    def above(
        cls, network: LogicalNetwork, limit: float, names: Collection[str]
    ) -> Iterator[_TimeTooLong]:
        """Yield the time constants above a limit; allow for rounding."""
        for layer, what, value in _time_constants(network):
            if what in names and value > limit * _ONE:
                key = "synapse" if what == "synapse" else "neuron"
                span = layer.spans.get(key, network.timing.spans.get(key, layer.span))
                written = time(value)
                most = time(round_down(limit))
                yield cls(
                    span=span, name=layer.name, what=what, value=written, limit=most
                )


class SynapseTooLong(_TimeTooLong):
    """Checks that the chip can store a long time constant.

    The chip stores decays as 12-bit fixed-point numbers. A time constant must therefore
    be shorter than about 8190 steps (see `builder/discretize.py` in nengo-loihi 1.1.0).
    """

    code = "SNN503"
    title = "time constant above the limit of the chip"

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[_TimeTooLong]:
        limit = SLOWEST_DECAY_STEPS * network.timing.dt
        return cls.above(network, limit, ("synapse", "tau_rc"))


def _time_constants(
    network: LogicalNetwork,
) -> Iterator[tuple[LogicalLayer, str, float]]:
    """Yield the time constants of the layers on the chip, in seconds."""
    for layer, spiking in chip_layers(network):
        yield layer, "synapse", spiking.synapse
        for name, seconds in asdict(spiking.neuron).items():
            yield layer, name, seconds


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


class RefractoryTooLong(_TimeTooLong):
    """Checks that the chip supports the length of a refractory period.

    The limit is 62 ms. In nengo-loihi 1.1.0, the emulator doesn't check this limit, but
    the hardware does.
    """

    code = "SNN505"
    title = "refractory period above the limit of the chip"

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[_TimeTooLong]:
        return cls.above(network, LONGEST_REFRACTORY, ("tau_ref",))


class PresentTooShort(SpecWarning):
    """Checks that `present` is long enough for the layers to respond.

    Each spiking layer responds later than the layers that it reads. The mean delay of a
    layer is the sum of:

    - one step, in which spikes travel to the layer;
    - its `synapse`, after which the filter reaches 63 % of its input;
    - `1 / (low + high)`, half the time between two spikes at the mean rate of the
      layer.

    The delays of layers in series add up, and the readout adds its `synapse`. `decide
    last` reads the last step. `decide mean` reads the second half of the steps, on
    average at three quarters of `present`.

    The table shows the accuracy of a network with three layers on handwritten digits,
    with the defaults of edition 1. By this rule, these layers need 51 ms with `decide
    last` and 68 ms with `decide mean`. With the defaults of edition 2, they need 29 and
    38 ms:

    | `present` | 20 ms | 30 ms | 40 ms | 50 ms | 60 ms | 100 ms |
    |---|--:|--:|--:|--:|--:|--:|
    | `decide last` | 12 % | 30 % | 71 % | 88 % | 90 % | 91 % |
    | `decide mean` | | | | | 88 % | |
    | `decide last`, `synapse 2 ms` | | | | | 94 % | |

    The rule also holds for one to seven layers, rates up to 400 Hz and synapses of 10
    ms. If `present` is only 0.7 times the required time, accuracy is about half.
    """

    code = "SNN509"
    title = "presentation too short for the layers"
    message = "`present {present}` ends before the layers respond: they need {needed}"
    label = "{steps} steps, but {needed_steps} are needed"
    notes = (
        "{count} spiking layers in series and the readout respond after {delay}: "
        "{causes}",
        "a shorter `synapse`, a higher `rate` or fewer layers shorten this delay",
        "{of_mean}",
    )
    help = "write `{longer}`{otherwise}"

    present: str
    needed: str
    steps: int
    needed_steps: int
    count: int
    delay: str
    causes: str
    longer: str
    otherwise: str
    of_mean: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[PresentTooShort]:
        timing = network.timing
        decide = network.readout.decide
        steps = needed_steps(network, decide)
        if timing.steps >= steps:
            return
        written = timing.spans.get("present")
        present = written.text if written else time(timing.present)
        needed = in_unit_of(present, steps, timing.dt)
        longer = f"present {needed}"
        delay = response_delay(network)
        otherwise, fix = _shorter(network)
        yield cls(
            span=timing.span,
            fix=fix,
            present=present,
            needed=needed,
            steps=timing.steps,
            needed_steps=steps,
            count=delay.layers,
            delay=time(round(delay.seconds, 4)),
            causes=delay.causes,
            longer=longer if timing.spans else f"timing {{ {longer} }}",
            otherwise=otherwise,
            of_mean=OF_MEAN if decide == "mean" else "",
        )


@dataclass(frozen=True, slots=True)
class ResponseDelay:
    """The mean time until a network responds to an example, in seconds, by its causes.

    Attributes
    ----------
    layers
        The number of spiking layers in series.
    steps
        One time step per layer, in which spikes travel.
    synapses, readout
        The time constants of the filters of the layers, and of the readout.
    rates
        Half the time between two spikes of each layer.
    """

    layers: int = 0
    steps: float = 0.0
    synapses: float = 0.0
    rates: float = 0.0
    readout: float = 0.0

    @property
    def seconds(self) -> float:
        return self.steps + self.synapses + self.rates + self.readout

    @property
    def causes(self) -> str:
        """Write the parts of the delay."""
        parts = {
            "synapses": self.synapses,
            "rates": self.rates,
            "steps": self.steps,
            "the readout": self.readout,
        }
        texts = (f"{cause} {time(round(part, 4))}" for cause, part in parts.items())
        return ", ".join(texts)

    def through(self, spiking: Spiking, dt: float, synapse: float) -> ResponseDelay:
        """Add the delay of one more layer with neurons."""
        period = 1 / (spiking.rate.low + spiking.rate.high)
        return replace(
            self,
            layers=self.layers + 1,
            steps=self.steps + dt,
            synapses=self.synapses + synapse,
            rates=self.rates + period,
        )


def response_delay(network: LogicalNetwork, synapse: float = math.inf) -> ResponseDelay:
    """Return the delay of the slowest path from the input to the readout.

    ``synapse`` limits, in seconds, the synapse that layers get from `timing`.
    """
    delays = dict[str, ResponseDelay]()
    for layer in network.in_reading_order:
        delay = _longest(delays, layer.reads)
        if (spiking := layer.spiking) is not None:
            most = math.inf if "synapse" in layer.spans else synapse
            filtered = min(spiking.synapse, most)
            delay = delay.through(spiking, network.timing.dt, filtered)
        delays[layer.name] = delay
    delay = _longest(delays, network.readout.sources)
    return replace(delay, readout=network.readout.synapse)


def _longest(
    delays: Mapping[str, ResponseDelay], names: Iterable[str]
) -> ResponseDelay:
    """Return the longest delay of some layers; the input has none."""
    known = (delays[name] for name in names if name in delays)
    return max(known, key=lambda delay: delay.seconds, default=ResponseDelay())


def needed_steps(
    network: LogicalNetwork, decide: str, synapse: float = math.inf
) -> int:
    """Return the minimum steps per example for a decision after the response delay."""
    delay = response_delay(network, synapse).seconds
    return math.ceil(delay / network.timing.dt / MIDDLE[decide] - 1e-6)


def _shorter(network: LogicalNetwork) -> tuple[str, Fix | None]:
    """Return another setting for which the steps suffice, as help and as a fix."""
    readout = network.readout
    timing = network.timing
    if needed_steps(network, "last") <= timing.steps:
        fix = _write("decide", "last", readout.spans, ("classes", "units"))
        return f", or `decide last` in `{readout.name}`", fix
    for ms in (2, 1):
        if needed_steps(network, readout.decide, ms / 1000) <= timing.steps:
            fix = _write("synapse", f"{ms} ms", timing.spans, ("present", "dt"))
            return f", or `synapse {ms} ms` in `timing`", fix
    return "", None


def _write(
    key: str, value: str, spans: Mapping[str, Span], after: tuple[str, ...]
) -> Fix | None:
    """Return a fix that replaces the value of a property, or adds the property."""
    if key in spans:
        return Fix(spans[key], value, unsafe=True)
    end = next((spans[name] for name in after if name in spans), None)
    if end is None:
        return None
    place = Span(end.source, end.end, end.end)
    if not place.source.is_yaml:
        return Fix(place, f", {key} {value}", unsafe=True)
    if place.source.text[end.end : end.end + 1] not in (",", "}"):
        return None  # in a YAML block, a property needs its own line
    return Fix(place, f", {key}: {value}", unsafe=True)
