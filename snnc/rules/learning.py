"""Rules for a readout that learns on the chip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, prod

from snnc.diagnostics import Fix, LayerDiagnostic
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi
from snnc.rules.times import above_ceiling, round_down
from snnc.runtime.pes import LEAST
from snnc.source import Span

MOST_NEURONS = 2048  # each learned axon takes two of the core's 4,096 entries
MOST_UNITS = 512  # each unit takes two of the core's 1,024 compartments


class LearnsFromWrongLayer(LayerDiagnostic):
    """Checks that a readout with `learn` reads a single layer of neurons on the chip.

    The chip learns the weights from one ensemble to the readout. Average pools, `add`
    and `concat` have no neurons. A max pool, or a layer with more than one depth slice,
    has several ensembles. With `target nengo`, the layer may be on the host.
    """

    code = "SNN420"
    title = "layer that a readout can't learn from"
    message = "`{name}` can't learn from {what}"
    help = "{remedy}, or remove `learn`"

    what: str
    remedy: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[LearnsFromWrongLayer]:
        readout = network.readout
        if what := _fault(network):
            yield cls.at(readout, "learn", what=what, remedy=_remedy(network))


def _fault(network: LogicalNetwork) -> str:
    """Describe an error in the layers that the readout reads; may be empty."""
    sources = network.readout.sources
    if network.readout.image:
        return "a layer through a convolution"
    if len(sources) > 1:
        return f"{len(sources)} layers"
    layers = filter(None, map(network.by_name.get, sources))
    return next((_fault_of(network, layer) for layer in layers), "")


def _fault_of(network: LogicalNetwork, layer: LogicalLayer) -> str:
    """Say why a readout can't learn from a layer; may be empty."""
    if layer.spiking is None:
        return f"`{layer.kind}`, which has no neurons"
    if layer.operation.compares:
        return "a max pool, which has several ensembles"
    if len(layer.shape) == 4 and layer.shape[0] > 1:
        return f"`{layer.name}`, which has {layer.shape[0]} depth slices"
    if isinstance(network.target, Loihi) and not layer.on_chip:
        return f"`{layer.name}`, which is on the host"
    return ""


def _remedy(network: LogicalNetwork) -> str:
    """Say how a readout gets a layer to learn from."""
    readout = network.readout
    layer = network.by_name.get(readout.sources[0])
    # A new layer on the chip can't follow one on the host, which can be moved if it has
    # neurons.
    has_chip = isinstance(network.target, Loihi)
    if has_chip and layer and layer.spiking and not layer.on_chip:
        return f"write `place chip` in `{layer.name}`"
    return f"write `dense NAME {{ units 64 }}` before `{readout.name}`"


def learned_layer(network: LogicalNetwork) -> LogicalLayer | None:
    """Return the chip layer from which the readout learns, if it is valid."""
    if not isinstance(network.target, Loihi) or _fault(network):
        return None
    return next(map(network.by_name.get, network.readout.sources), None)


class TooFastToLearn(LayerDiagnostic):
    """Checks that the chip registers all spikes of a layer that a readout learns from.

    The chip registers at most one spike per axon every two steps, and loses the others.
    With steps of 1 ms, neurons must not fire faster than 500 Hz.
    """

    code = "SNN421"
    title = "rate too high for learning"
    message = "`{name}` may fire at {high} Hz, more than the chip can learn from"
    label = "at most {limit} Hz"
    notes = (
        "the chip learns from at most one spike every two steps, a rate of 1 / (2 dt)",
    )
    help = "write `rate {low}..{limit} Hz`, or a lower upper end"

    low: str
    high: float
    limit: float

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[TooFastToLearn]:
        layer = learned_layer(network)
        if layer is None:
            return
        rate = layer.neuron_settings.rate
        limit = round_down(0.5 / network.timing.dt)
        # SNN500 reports rates at which neurons can't fire at all.
        if rate.high > limit and layer.name not in above_ceiling(network):
            low = f"{rate.low:g}" if 0 < rate.low < limit else ""
            yield cls.at(layer, "rate", low=low, high=rate.high, limit=limit)


class TooMuchToLearn(LayerDiagnostic):
    """Checks that the learned weights fit on one core.

    The learned weights are on a core of their own. Each neuron takes two of the core's
    4,096 in-axons, and memory for two weights per unit. Each unit takes two
    compartments.
    """

    code = "SNN422"
    title = "too much to learn for one core"
    message = "a core can't learn from {count} {things}"
    label = "at most {most} here"
    help = "give `{name}` at most {most} {things}"

    things: str
    count: int
    most: int

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[TooMuchToLearn]:
        layer = learned_layer(network)
        readout = network.readout
        if layer is None:
            return
        core = network.device.core
        neurons = prod(layer.shape)
        stored = core.synapse_bits // network.device.synapse.learned_bits(readout.units)
        limits = (
            (readout.name, "units", readout.units, MOST_UNITS),
            (layer.name, "neurons", neurons, min(MOST_NEURONS, stored)),
        )
        span = readout.spans.get("learn", readout.span)
        for name, things, count, most in limits:
            if count > most:
                yield cls(span=span, name=name, things=things, count=count, most=most)
                return


class LearningOutOfRange(LayerDiagnostic):
    """Checks that the chip supports the learning rate.

    The chip's own learning rate is fixed. snnc therefore uses the trace increment, the
    7-bit number that a spike adds to the trace of its axon, to set the fraction of the
    error that one presentation removes. If the increment is too large, traces are
    clipped. If it is too small, nothing is learned. The increment grows with this
    fraction. It shrinks as `present`, the `rate` of the layer, or the number of its
    neurons grows.
    """

    code = "SNN423"
    title = "learning rate that the chip does not support"
    message = (
        "`{name}` can't remove a fraction of {rate} of the error in one presentation"
    )
    label = "{bound} {limit} here"
    notes = (
        "a spike would add {increment:.3g} to its trace; the chip allows "
        f"{LEAST:.3g} to {{most:.3g}}",
    )
    help = (
        "set the `rate` of `pes` to {limit}, or change `present` or the number of "
        "neurons"
    )

    rate: float
    bound: str
    limit: str
    increment: float
    most: float

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[LearningOutOfRange]:
        layer = learned_layer(network)
        readout = network.readout
        if layer is None or readout.learn is None:
            return
        learning = network.learning_from(layer)
        increment = learning.increment()
        most = learning.most_increment
        if LEAST <= increment <= most or any(TooMuchToLearn.check(network)):
            return
        is_high = increment > most
        exact_limit = learning.rate_of(most if is_high else LEAST)
        # Round towards the supported rates, so that the advice works.
        thousandths = int(exact_limit * 1000) if is_high else ceil(exact_limit * 1000)
        limit = f"{thousandths / 1000:g}"
        yield cls.at(
            readout,
            "learn",
            rate=learning.rate,
            bound="at most" if is_high else "at least",
            limit=limit,
            fix=_with_rate(readout.spans.get("learn"), limit),
            increment=increment,
            most=most,
        )


_RATE = re.compile(r"\brate\b[ \t:]*")
_NUMBER = re.compile(r"[\d.eE+-]+")


def _with_rate(rule: Span | None, rate: str) -> Fix | None:
    """Return the fix that writes another rate in a `pes` that has one."""
    key = None if rule is None else _RATE.search(rule.text)
    if rule is None or key is None:
        return None
    number = _NUMBER.match(rule.text, key.end())
    if number is None:
        return None
    start = rule.start + number.start()
    place = Span(rule.source, start, rule.start + number.end())
    return Fix(place, rate, unsafe=True)


class NoCoreToLearn(LayerDiagnostic):
    """Checks that a core is left for the learned weights.

    On a core, either all synapses learn or none do, so the learned weights need a core
    of their own. Each neuron that the readout learns from needs one more out-axon.
    """

    code = "SNN424"
    title = "too few cores or out-axons for learning"
    message = "learning `{name}` takes {value} {limit}, but the limit is {most}"

    value: int
    limit: str
    most: int
