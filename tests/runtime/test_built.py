"""Built objects of the example specs and of small networks, as texts.

``SNNC_ACCEPT=1 python -m pytest tests/runtime/test_built.py`` writes them: one ensemble
or connection per line, with digests of the arrays that nengo gets.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nengo
import numpy as np
import pytest

from tests.agreement.built import import_package, random_weights
from tests.agreement.networks import BODIES, text
from tests.support import SPECS, sound

TEXTS = Path(__file__).parent / "built"
SOURCES = {spec.stem: spec.read_text(encoding="utf-8") for spec in SPECS} | {
    name: text(name, "lif" if i % 2 else "relu") for i, name in enumerate(BODIES)
}

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def digest(values: Any) -> str:
    """Return a digest of values as float32."""
    plain = np.ascontiguousarray(values, np.float32) + np.float32(0)  # no -0
    return hashlib.sha256(plain.tobytes()).hexdigest()[:8]


def ensembles(built: Any) -> Iterator[str]:
    for ensemble in built.net.all_ensembles:
        config = built.net.config[ensemble]
        block = config.block_shape
        kind = type(ensemble.neuron_type).__name__
        yield (
            f"{ensemble.label}: {ensemble.n_neurons} {kind}"
            f" amplitude {ensemble.neuron_type.amplitude:.6g}"
            f" gain {ensemble.gain[0]:.6g} bias {digest(ensemble.bias)}"
            + ("" if config.on_chip is not False else " on the host")
            + ("" if block is None else f" {block.shape} of {block.ensemble_size}")
        )


def connections(built: Any) -> Iterator[str]:
    for connection in built.net.all_connections:
        pop = built.net.config[connection].pop_type
        yield (
            f"{connection.label}: {transform(connection.transform)}"
            f" {connection.synapse} pop {pop}"
        )


def transform(found: Any) -> str:
    if isinstance(found, nengo.Convolution):
        shape = "x".join(map(str, (*found.kernel_size, *found.init.shape[2:])))
        steps = f"strides {found.strides} {found.padding}"
        return f"convolution {shape} {steps} {digest(found.init)}"
    if isinstance(found, nengo.Dense):
        return f"matrix {found.shape} {digest(found.init)}"
    if isinstance(found, nengo.Sparse):
        places = found.init.indices
        return f"sparse {found.init.shape} {digest(places)} {digest(found.init.data)}"
    return "as it is"


@pytest.mark.parametrize("name", SOURCES)
def test_is_what_is_committed(name: str) -> None:
    with import_package(sound(SOURCES[name], "emit")) as package:
        built = package.nengo.build_network(random_weights(package.layout))
    lines = [*ensembles(built), "", *connections(built), ""]
    path = TEXTS / f"{name}.txt"
    if os.environ.get("SNNC_ACCEPT"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    assert "\n".join(lines) == path.read_text(encoding="utf-8")
