"""The rule for the time that layers need to respond."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from snnc.diagnostics import Fix, SpecWarning
from snnc.ir.logical import LogicalNetwork
from snnc.rules.ceilings import time
from snnc.rules.rates import in_unit_of
from snnc.source import Span

MIDDLE = {"last": 1.0, "mean": 0.75}
"""The middle of the steps that the readout uses, as a share of `present`."""
OF_MEAN = (
    "`decide mean` reads the second half of the steps, on average at 3/4 of `present`"
)
NONE = 0.0, 0
"""The response of the input: 0 seconds and 0 layers."""


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

    The table shows the accuracy of a network with three layers on handwritten digits.
    By this rule, these layers need 51 ms with `decide last` and 68 ms with `decide
    mean`:

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
        "{count} spiking layers in series and the readout respond after {delay}",
        "{of_mean}",
    )
    help = "write `{longer}`{otherwise}"

    present: str
    needed: str
    steps: int
    needed_steps: int
    count: int
    delay: str
    longer: str
    otherwise: str
    of_mean: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[PresentTooShort]:
        timing, decide = network.timing, network.readout.decide
        steps = needed_steps(network, decide)
        if timing.steps >= steps:
            return
        written = timing.spans.get("present")
        present = written.text if written else time(timing.present)
        needed = in_unit_of(present, steps, timing.dt)
        longer = f"present {needed}"
        delay, count = response(network)
        otherwise, fix = _shorter(network)
        yield cls(
            span=timing.span,
            fix=fix,
            present=present,
            needed=needed,
            steps=timing.steps,
            needed_steps=steps,
            count=count,
            delay=time(round(delay, 4)),
            longer=longer if timing.spans else f"timing {{ {longer} }}",
            otherwise=otherwise,
            of_mean=OF_MEAN if decide == "mean" else "",
        )


def response(network: LogicalNetwork, synapse: float = math.inf) -> tuple[float, int]:
    """Return the response delay in seconds, and the number of spiking layers in series.

    ``synapse`` limits, in seconds, the synapse that layers get from `timing`.
    """
    found = dict[str, tuple[float, int]]()
    for layer in network.in_reading_order:
        delay, count = max((found.get(n, NONE) for n in layer.reads), default=NONE)
        if (spiking := layer.spiking) is not None:
            own = spiking.synapse
            own = own if "synapse" in layer.spans else min(own, synapse)
            period = 1 / (spiking.rate.low + spiking.rate.high)
            delay, count = delay + network.timing.dt + own + period, count + 1
        found[layer.name] = delay, count
    sources = network.readout.sources
    delay, count = max((found.get(n, NONE) for n in sources), default=NONE)
    return delay + network.readout.synapse, count


def needed_steps(
    network: LogicalNetwork, decide: str, synapse: float = math.inf
) -> int:
    """Return the minimum steps per example for a decision after the response delay."""
    delay, _ = response(network, synapse)
    return math.ceil(delay / network.timing.dt / MIDDLE[decide] - 1e-6)


def _shorter(network: LogicalNetwork) -> tuple[str, Fix | None]:
    """Return another setting for which the steps suffice, as help and as a fix."""
    readout, timing = network.readout, network.timing
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
