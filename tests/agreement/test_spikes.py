"""Lowerings that must not change a spike, and how many cores they save.

Nengo-loihi scales the weights of a block by the largest of them, so the numbers depend
on how a layer is cut. Here every filter has a weight of the same largest size, and with
it every block: what is left are the connections.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import nengo
import nengo_loihi
import numpy as np
import pytest
from numpy.typing import NDArray

from snnc.runtime.network import Cut
from tests.agreement.built import Weights, import_package, simulate
from tests.support import QUIET, ROOT, network, sound

DRIFT = (ROOT / "specs" / "drift.snn").read_text(encoding="utf-8")
C0, C1 = "stride 1x2x2", "filters 16, kernel 3, stride 2"
A_SLICE = (C0, f"{C0}, block 1x7x7x8"), (C1, f"{C1}, block 1x3x3x16")
UNEVEN = (C0, f"{C0}, block 4x3x5x20"), (C1, f"{C1}, block 2x2x3x12")
SPREAD = "encode conv { filters 2", "encode conv { start spread, filters 2"

WIDE = """
    target loihi { chips 1 }
    timing { present 40 ms }
    input image 10x10x1 in 0..1
    encode conv { filters 4 }
    conv2d c { filters 64, kernel 1 }
    dense d { units 12 }
    readout y { classes 4 }
"""
NARROW = WIDE.replace("filters 64", "filters 20")
"""Its 2000 neurons can be read through a Dense too."""

Values = dict[str, NDArray[np.float64]]

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.xdist_group("drawn")]


def planted_weights(layout: Any) -> Weights:
    """Random weights; every filter and unit has one of the largest size."""
    random = np.random.default_rng(7)
    weights = {}
    for tensor in layout.TENSORS:
        fan_in = int(np.prod(tensor.shape[:-1]))
        values = random.normal(0.3 / fan_in, 1 / np.sqrt(fan_in), tensor.shape)
        if len(tensor.shape) > 1:
            values.reshape(fan_in, -1)[0] = 1.01 * np.abs(values).max()
        else:
            values[:] = random.uniform(0, 0.2, tensor.shape)
        weights[tensor.name] = values.astype(np.float32)
    return weights


def built_of(package: SimpleNamespace, layers: tuple[str, ...]) -> Any:
    shape = (2, *package.network.input.shape)
    images = np.random.default_rng(3).uniform(0, 1, shape)
    weights = planted_weights(package.layout)
    return package.nengo.build_network(weights, images, probe=layers)


def spikes_of(built: Any, layers: tuple[str, ...], steps: int) -> Values:
    """Return the layers' outputs on the emulator, none of them silent."""
    with simulate(built.net) as sim:
        sim.run_steps(steps)
        values = {name: built.layer_values(sim, name) for name in layers}
    for name, found in values.items():
        assert (found.max(axis=0) > 0).mean() > 0.1, f"{name} is silent"
    return values


def assert_equal(found: Values, wanted: Values) -> None:
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values, name)


def drift(*replaced: tuple[str, str]) -> str:
    text = DRIFT
    for old, new in replaced:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def drift_spikes(text: str, group: int = 1) -> Values:
    """Return the layers' outputs, with the encoder cut into ensembles of slices."""
    layers = ("encode", "c0", "c1", "d0")
    with import_package(sound(text, "emit")) as package:
        network = package.network
        encoder = replace(network.layers["encode"], cut=Cut(group))
        all_layers = {**network.layers, "encode": encoder}
        package.nengo.NETWORK = replace(network, layers=all_layers)
        return spikes_of(built_of(package, layers), layers, 2 * package.network.steps)


def test_groups_of_slices_take_fewer_cores_than_an_ensemble_a_slice() -> None:
    chosen, a_slice = sound(DRIFT, "place"), sound(drift(*A_SLICE), "place")
    assert [len(p.ensembles) for p in a_slice.populations] == [8, 6, 2, 1]
    # Each of its ensembles is one core: an ensemble a slice can't do with fewer.
    assert a_slice.cores == 6 + 2 + 1
    assert chosen.cores == 5


def test_conv3d_spikes_alike_however_it_is_cut() -> None:
    assert_equal(drift_spikes(drift(*A_SLICE)), drift_spikes(DRIFT))


def test_voltages_that_are_spread_are_those_of_neurons_however_they_are_cut() -> None:
    found = drift_spikes(drift(*UNEVEN, SPREAD), group=3)
    assert_equal(found, drift_spikes(drift(SPREAD)))


def dense_spikes(body: str, matrix: bool) -> Values:
    """Spikes of the package, its dense layer by a convolution or a matrix."""
    with import_package(sound(network(body), "emit")) as package:
        built = built_of(package, ("c", "d"))
        (into,) = (c for c in built.net.all_connections if c.label == "c to d")
        kernel = planted_weights(package.layout)["d.kernel"]
        if matrix:
            into.transform = nengo.Dense(kernel.T.shape, init=kernel.T)
        else:
            into.transform = full_convolution(kernel)
        return spikes_of(built, ("c", "d"), 40)


def full_convolution(kernel: NDArray[Any]) -> nengo.Convolution:
    """Return a dense layer over 10x10 pixels as a convolution of that size."""
    channels, units = len(kernel) // 100, kernel.shape[-1]
    return nengo.Convolution(
        units,
        (10, 10, channels),
        kernel_size=(10, 10),
        strides=(1, 1),
        init=kernel.reshape(10, 10, channels, units),
    )


def test_where_both_fit_a_convolution_spikes_as_a_matrix_does() -> None:
    assert_equal(dense_spikes(NARROW, matrix=False), dense_spikes(NARROW, matrix=True))


def test_a_fan_in_of_6400_spikes_as_a_matrix_on_larger_cores_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sound(network(WIDE), "place").projections[-1].form == "convolution"
    with import_package(sound(network(WIDE), "emit")) as package:
        spikes = spikes_of(built_of(package, ("c", "d")), ("c", "d"), 40)
    for limit in ("MAX_IN_AXONS", "MAX_OUT_AXONS", "MAX_SYNAPSE_BITS"):
        monkeypatch.setattr(nengo_loihi.builder.validate, limit, 2**24)
    assert_equal(spikes, dense_spikes(WIDE, matrix=True))
