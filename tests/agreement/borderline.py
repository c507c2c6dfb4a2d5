"""Hypothesis strategies for specs on either side of each limit of a core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Specs = st.SearchStrategy[str]


def _spec(shape: str, *lines: str, pop: str = "auto", filters: int = 1) -> str:
    head = (
        f"target loihi {{ chips 20, pop {pop} }}",
        "timing { present 10 ms }",
        f"input x {shape} in 0..1",
        f"encode conv e {{ filters {filters} }}",
    )
    body = "\n".join(f"  {x}" for x in (*head, *lines, "readout y { classes 2 }"))
    return f"snn 1\n\nnetwork borderline {{\n{body}\n}}\n"


def _among(spec: Callable[[Any], str], *values: Any) -> Specs:
    return st.sampled_from(values).map(spec)


def _compartments() -> Specs:
    return st.one_of(
        _among(
            lambda n: _spec(
                f"{n}x1", f"conv1d c {{ filters 32, kernel 1, block {n}x32 }}"
            ),
            *(32, 33),
        ),
        _among(
            lambda n: _spec(
                f"{n}x8x1",
                f"conv2d c {{ filters 16, kernel 3, padding same, block {n}x8x16 }}",
            ),
            *(8, 9),
        ),
        _among(
            lambda n: _spec(
                "6x4x8x1",
                "conv3d c { filters 8, kernel 3, padding same,"
                f" block {n}x4x8x{8 * n} }}",
            ),
            *(4, 5),
        ),
        _among(
            lambda n: _spec("4x4x1", f"dense d {{ units {n}, block {n} }}"),
            *(1024, 1025),
        ),
    )


def _in_axons() -> Specs:
    return st.one_of(
        _among(
            lambda n: _spec(
                f"{8 * n}x1",
                f"conv1d c {{ filters 1, kernel 8, stride 8, block {n}x1 }}",
            ),
            *(512, 513),
        ),
        _among(
            lambda n: _spec(
                f"{n}x{n}x1",
                "conv2d c { filters 1, kernel 3, stride 3,"
                f" block {n // 3}x{n // 3}x1 }}",
            ),
            *(64, 65),
        ),
    )


def _synapse_bits() -> Specs:
    return st.one_of(
        _among(
            lambda n: _spec("8x8x1", f"dense d {{ units {n}, block {n} }}", filters=32),
            *(62, 63),
        ),
        _among(
            lambda n: _spec(
                "6x6x1",
                "conv2d c { filters 28, kernel 3, padding same, block 6x6x28 }",
                filters=n,
            ),
            *(23, 24),
        ),
    )


def _one_neurons_axons() -> Specs:
    return st.one_of(
        _among(
            lambda n: _spec(f"{n}x{n}x1", f"conv2d c {{ filters 1, kernel {n} }}"),
            *(64, 65),
        ),
        _among(
            lambda n: _spec(f"{n}x1", f"conv1d c {{ filters 1, kernel {n} }}"),
            *(4096, 4097),
        ),
        _among(lambda n: _spec(f"{n}x{n}x1", "dense d { units 1 }"), *(64, 65)),
    )


def _one_neurons_bits() -> Specs:
    return _among(
        lambda n: _spec("8x8x1", "conv2d c { filters 1, kernel 8 }", filters=n),
        *(1822, 1823),
    )


def _out_axons() -> Specs:
    source = "conv2d c { filters 4, kernel 1, block 16x16x4 }"
    return st.one_of(
        _among(
            lambda n: _spec("16x16x1", source, f"dense d {{ units {n}, block 1 }}"),
            *(16, 17),
        ),
        _among(
            lambda n: _spec(
                "16x16x1",
                source,
                f"conv2d r {{ filters {n}, kernel 1, block 16x16x1 }}",
            ),
            *(8, 9),
        ),
    )


def _pop16_channels() -> Specs:
    return _among(
        lambda n: _spec("3x3x1", "conv2d c { filters 4 }", pop="16", filters=n),
        *(32, 33, 512, 513),
    )


def _pop16_in_axons() -> Specs:
    return _among(
        lambda n: _spec(
            f"{n}x{n}x1", f"conv2d c {{ filters 4, kernel {n} }}", pop="16"
        ),
        *(32, 33),
    )


def _pop16_bases() -> Specs:
    return _among(
        lambda n: _spec(
            "6x6x1", f"conv2d c {{ filters {n}, block 4x4x{n} }}", pop="16", filters=2
        ),
        *(4, 5, 6, 8),
    )


LIMITS: dict[str, tuple[str, Specs]] = {
    "compartments": ("SNN404", _compartments()),
    "in-axons": ("SNN404", _in_axons()),
    "synapse bits": ("SNN404", _synapse_bits()),
    "in-axons of one neuron": ("SNN401", _one_neurons_axons()),
    "synapse bits of one neuron": ("SNN401", _one_neurons_bits()),
    "out-axons": ("SNN405", _out_axons()),
    "pop16 channels": ("SNN408", _pop16_channels()),
    "pop16 in-axons": ("SNN408", _pop16_in_axons()),
    "pop16 bases": ("SNN408", _pop16_bases()),
}
