"""Weights and results as `snnc evaluate` and `snnc weights` read them."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from safetensors.numpy import save

from snnc.ir.layout import layout_id, tensors
from snnc.results.statistics import Correlation, LayerFiring
from snnc.verbs.evaluate.measures import EvaluatedPart
from tests.fuzz.mutate import mutated_bytes, mutated_text
from tests.support import network, sound

NET = network(
    """
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv e { filters 2 }
    conv2d c { filters 3, padding same, bias off }
    conv2d d { filters 4, padding same, shortcut c, neuron lif }
    dense h { units 4, synapse 0 ms }
    readout y { classes 3 }
    """,
    "fuzzed",
)
LAYOUT = tensors(sound(NET, "lower").network)
JSON_WORDS = ["1e999", "null", "-1", "[]", "{}", '"', "NaN", "0.5", "9" * 400, "[" * 99]


def part(start: int, stop: int) -> EvaluatedPart:
    """Return what examples gave, as it may be."""
    random, count = np.random.default_rng(start), stop - start
    correlation = Correlation.of(*random.random((2, 6)))
    return EvaluatedPart(
        start,
        stop,
        random.normal(size=(4, count, 3)),
        random.normal(size=(count, 3)),
        {
            "c0": LayerFiring(
                count, np.array([12 * count - 1, 0, 1]), np.packbits(np.arange(12) < 2)
            ),
            "c1": LayerFiring(count, np.array([3 * count]), np.zeros(1, np.uint8)),
        },
        random.normal(size=(count, 3)),
        {"c0": correlation, "c1": correlation},
        presentation="rest",
        overflows=(0, 1, 2),
        cores=4,
    )


def values(names: st.SearchStrategy[float]) -> st.SearchStrategy[dict[str, Any]]:
    """Weights of `NET`, each tensor of one size; some of them zeros."""
    return st.fixed_dictionaries({t.name: names for t in LAYOUT}).map(_draw_tensors)


def _draw_tensors(sizes: dict[str, float]) -> dict[str, Any]:
    random, made = np.random.default_rng(0), {}
    for tensor in LAYOUT:
        drawn = random.uniform(-1, 1, tensor.shape)
        size = 0.0 if tensor.zeros else sizes[tensor.name]
        made[tensor.name] = (size * drawn).astype(np.float32)
    return made


SIZES = st.one_of(
    st.sampled_from([0.0, 1.0, 3e38, 1e30, 1e-30, 1e-45, 1e4, 1e-4]),
    st.floats(-44, 38).map(lambda power: 10.0**power),
    st.floats(-3, 2).map(lambda power: 10.0**power),
)
IDENTITY = {"layout_id": layout_id(LAYOUT)}


def weights_files() -> st.SearchStrategy[bytes]:
    """Files of weights, damaged in their bytes or in the JSON of their header."""
    whole = save(_draw_tensors({tensor.name: 1.0 for tensor in LAYOUT}), IDENTITY)
    length = int.from_bytes(whole[:8], "little")
    header, body = whole[8 : 8 + length].decode(), whole[8 + length :]
    headers = mutated_text([header], st.sampled_from(JSON_WORDS)).map(str.encode)
    joined = headers.map(lambda text: len(text).to_bytes(8, "little") + text + body)
    return st.one_of(mutated_bytes([whole]), joined)
