"""Hypothesis strategies for specs on either side of each limit of a core."""

import re

from hypothesis import strategies as st

from tests.support import network

Specs = st.SearchStrategy[str]
SIZE = re.compile(r"(\d*)N(?:/(\d))?")
"""A size in a spec: 8N is eight times, N/3 a third of the number that is drawn."""


def _sized(
    shape: str, layers: str, *sizes: int, pop: str = "auto", filters: object = 1
) -> Specs:
    spec = network(
        f"""
        target loihi {{ chips 20, pop {pop} }}
        timing {{ present 10 ms }}
        input x {shape} in 0..1
        encode conv e {{ filters {filters} }}
        {layers}
        readout y {{ classes 2 }}
        """,
        "borderline",
    )

    def fill(size: int) -> str:
        return SIZE.sub(lambda m: str(size * int(m[1] or 1) // int(m[2] or 1)), spec)

    return st.sampled_from(sizes).map(fill)


SAME = "kernel 3, padding same"
WIDE = "conv2d c { filters 4, kernel 1, block 16x16x4 }"
LIMITS: dict[str, tuple[str, Specs]] = {
    "compartments": (
        "SNN404",
        _sized("Nx1", "conv1d c { filters 32, kernel 1, block Nx32 }", 32, 33)
        | _sized("Nx8x1", f"conv2d c {{ filters 16, {SAME}, block Nx8x16 }}", 8, 9)
        | _sized("6x4x8x1", f"conv3d c {{ filters 8, {SAME}, block Nx4x8x8N }}", 4, 5)
        | _sized("4x4x1", "dense d { units N, block N }", 1024, 1025),
    ),
    "in-axons": (
        "SNN404",
        _sized(
            "8Nx1", "conv1d c { filters 1, kernel 8, stride 8, block Nx1 }", 512, 513
        )
        | _sized(
            "NxNx1",
            "conv2d c { filters 1, kernel 3, stride 3, block N/3xN/3x1 }",
            *(64, 65),
        ),
    ),
    "synapse bits": (
        "SNN404",
        _sized("8x8x1", "dense d { units N, block N }", 62, 63, filters=32)
        | _sized(
            "6x6x1",
            f"conv2d c {{ filters 28, {SAME}, block 6x6x28 }}",
            *(23, 24),
            filters="N",
        ),
    ),
    "in-axons of one neuron": (
        "SNN401",
        _sized("NxNx1", "conv2d c { filters 1, kernel N }", 64, 65)
        | _sized("Nx1", "conv1d c { filters 1, kernel N }", 4096, 4097)
        | _sized("NxNx1", "dense d { units 1 }", 64, 65),
    ),
    "synapse bits of one neuron": (
        "SNN401",
        _sized("8x8x1", "conv2d c { filters 1, kernel 8 }", 1822, 1823, filters="N"),
    ),
    "out-axons": (
        "SNN405",
        _sized("16x16x1", f"{WIDE}\ndense d {{ units N, block 1 }}", 16, 17)
        | _sized(
            "16x16x1",
            f"{WIDE}\nconv2d r {{ filters N, kernel 1, block 16x16x1 }}",
            *(8, 9),
        ),
    ),
    "pop16 channels": (
        "SNN408",
        _sized(
            "3x3x1",
            "conv2d c { filters 4 }",
            *(32, 33, 512, 513),
            pop="16",
            filters="N",
        ),
    ),
    "pop16 in-axons": (
        "SNN408",
        _sized("NxNx1", "conv2d c { filters 4, kernel N }", 32, 33, pop="16"),
    ),
    "pop16 bases": (
        "SNN408",
        _sized(
            "6x6x1",
            "conv2d c { filters N, block 4x4xN }",
            *(4, 5, 6, 8),
            pop="16",
            filters=2,
        ),
    ),
}
