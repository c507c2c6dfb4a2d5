"""Following a help leaves no error: its numbers work."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.checking import framed
from tests.rules.following import errors, follow, suggestion
from tests.support import network

FEW = settings(max_examples=20)


def follow_only(text: str) -> None:
    """Write the property that the only error suggests: no error is left."""
    (found,) = errors(text)
    said = suggestion(found)
    assert said, found.help
    follow(text, found, *said)


def spec(
    timing: str, *layers: str, encode: str = "rate ..1 Hz", shape: str = "8x8x2"
) -> str:
    """Return a network whose encoder is slow enough for any step."""
    return network(
        f"""
  timing {{ {timing} }}
  input image {shape} in 0..1
  encode rate e {{ {encode} }}
  {"; ".join(layers)}
  readout y {{ classes 2 }}
"""
    ).replace("; ", "\n  ")


@FEW
@given(st.floats(0.2, 5), st.floats(0.1, 40), st.floats(1, 1000), st.floats(1, 3))
def test_suggested_rate_is_possible(
    dt: float, tau_ref: float, low: float, more: float
) -> None:
    ceiling = 1000 / (tau_ref + dt)
    lif = f"neuron lif {{ tau_ref {tau_ref:.7g} ms }}"
    rate = f"rate {low:.7g}..{max(low, ceiling) * (1.1 + more):.7g} Hz"
    steps = f"dt {dt:.7g} ms, present {100 * float(f'{dt:.7g}'):.12g} ms"
    follow_only(spec(steps, f"dense d {{ units 2, {rate}, {lif} }}"))


@FEW
@given(st.floats(0.01, 7), st.floats(1, 20000))
def test_suggested_presentation_is_whole_steps(dt: float, present: float) -> None:
    timing = f"dt {dt:.7g} ms, present {present:.7g} ms"
    text = spec(timing, "dense d { units 2, rate ..1 Hz }")
    if errors(text):
        follow_only(text)


@FEW
@given(st.floats(0.01, 3), st.floats(1.01, 5), st.sampled_from(["synapse", "tau_rc"]))
def test_suggested_time_constant_fits_the_chip(
    dt: float, times: float, key: str
) -> None:
    timing = f"dt {dt:.7g} ms, present {100 * float(f'{dt:.7g}'):.12g} ms"
    value = f"{key} {times * 8190 * dt:.7g} ms"
    constant = f"neuron lif {{ {value} }}" if key == "tau_rc" else value
    follow_only(spec(timing, f"dense d {{ units 2, rate ..1 Hz, {constant} }}"))


@FEW
@given(st.integers(5, 400), st.integers(2, 60), st.integers(60, 250))
def test_suggested_step_fits_rates_and_presentation(
    dt: int, steps: int, high: int
) -> None:
    timing = f"dt {dt} ms, present {steps * dt} ms"
    lines = [f"dense d{i} {{ units 2, rate ..{high} Hz }}" for i in range(2)]
    text = spec(timing, *lines)
    if errors(text):
        follow_only(text)


@pytest.mark.parametrize(
    "layers",
    [
        ["conv2d a { filters 2, kernel 13x3 }"],
        ["avgpool p { window 5 }", "conv2d a { filters 2 }"],
        ["avgpool p { window 6 }", "conv2d a { filters 2 }"],
        [
            "avgpool p { window 5 }",
            "avgpool q from e { window 5 }",
            "add s from p, q",
            "conv2d a { filters 2 }",
        ],
        ["downsample a { factor 20 }"],
        ["downsample a { factor 20x3 }"],
        ["avgpool p { window 5 }", "conv2d a { filters 2, padding same }"],
        ["avgpool p { window 5, stride 3 }", "conv2d a { filters 2, padding same }"],
        ["avgpool p { window 2, stride 1 }", "conv2d a { filters 2, padding same }"],
    ],
)
def test_suggested_window_fits_its_input(layers: list[str]) -> None:
    text = spec("dt 1 ms", *layers, encode="rate ..250 Hz", shape="12x12x2")
    (found,) = errors(text)
    told = found.help
    choices = re.findall(r"`(kernel|factor|padding) (\S+)`", told)
    assert choices or "divide" in told
    for key, value in choices:
        follow(text, found, key, value)


PROPERTIES = {
    "target loihi": "cores chips",
    "timing": "present synapse",
    "defaults": "rate synapse block",
    "encode": "filters stride rate dropout",
    "conv2d": "kernel stride rate percentile dropout l2 synapse block",
    "downsample": "factor filters block",
    "avgpool": "window stride",
    "dense": "units rate block",
    "readout": "synapse",
    "lif": "tau_rc tau_ref",
    "train": "batch epochs l2 label_smoothing validation seed",
}
WRONG = ("0", "-1", "101", "99999999999", "0 ms", "-5 ms", "200..100 Hz", "0 Hz")


@pytest.mark.slow
@pytest.mark.parametrize("place", PROPERTIES)
def test_suggested_number_is_in_range(place: str) -> None:
    tried = 0
    for key in PROPERTIES[place].split():
        for value in WRONG:
            text = framed(place, f"{key} {value}")
            text = re.sub(rf"{{ {key} [^,]*, ({key} )", r"{ \1", text)
            found = errors(text)
            if [d.code for d in found] not in (["SNN206"], ["SNN301"]):
                continue
            if said := suggestion(found[0]):
                tried += 1
                follow(text, found[0], *said)
    assert tried
