"""Says which weights nengo-loihi could not store, when it has not built a network."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import nengo_loihi
import numpy as np
from nengo.exceptions import BuildError
from nengo_loihi.builder.discretize import discretize_block

LABEL = re.compile(r"'(\w+)")
"""The layer's name in a block's label: <Ensemble 'c0[3]'>."""

FAILURES = (AssertionError, BuildError, TypeError)
"""What it raises for numbers that it can't store; a BuildError may mean others."""


def not_stored(net: Any, dt: float, tensors: Mapping[str, Any]) -> str | None:
    """Return which layers have such numbers, and how large their tensors are.

    Parameters
    ----------
    net
        The `nengo.Network`.
    dt
        Seconds of a step.
    tensors
        Its weights, in Keras's units.

    Returns
    -------
    str or None
        None if it could store all of them.
    """
    told = [_of_layer(name, tensors) for name in dict.fromkeys(_refused(net, dt))]
    return "; ".join(told) or None


def _refused(net: Any, dt: float) -> Iterator[str]:
    """Give the layer of each block that is refused."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        simulator = nengo_loihi.Simulator(
            net, dt=dt, target="simreal", progress_bar=False
        )
        with simulator:
            for block in simulator.model.blocks:
                try:
                    discretize_block(block)
                except FAILURES:
                    yield LABEL.findall(block.label)[0]


def _of_layer(name: str, tensors: Mapping[str, Any]) -> str:
    own = {n: t for n, t in tensors.items() if n.rpartition(".")[0] == name}
    sizes = (f"{n} reaches {np.abs(t).max():.3g}" for n, t in own.items())
    return f"{name} ({', '.join(sizes)})"
