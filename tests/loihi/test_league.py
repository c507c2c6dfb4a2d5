"""Networks that others measure by."""

import pytest

from benchmarks import league
from snnc.loihi.plan import compartment_floors


def test_what_is_published_is_of_a_network_that_is_there() -> None:
    specs = {spec.stem for spec in league.SPECS.glob("*.snn")}
    assert set(league.PUBLISHED) <= specs


@pytest.mark.parametrize(
    "name", ["nengo_cifar10", pytest.param("all_cnn_c", marks=pytest.mark.slow)]
)
def test_the_same_network_in_parts_takes_fewer_cores(name: str) -> None:
    whole, parts = league.map_spec(name), league.map_spec(f"{name}_parts")
    neurons = [sum(p.population.neurons for p in m.populations) for m in (whole, parts)]
    assert neurons[0] == neurons[1]
    assert parts.cores < 0.9 * whole.cores
    assert parts.lower_bound <= parts.cores


@pytest.mark.slow
def test_the_page_says_what_is_mapped() -> None:
    assert league.PAGE.read_text(encoding="utf-8") == league.page()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet", "nxtf_mobile", "vgg11"])
def test_the_bound_is_between_neurons_and_cores(name: str) -> None:
    mapped = league.map_spec(name)
    floors = compartment_floors(mapped.lowered)
    assert sum(floors.values()) <= mapped.lower_bound <= mapped.cores
