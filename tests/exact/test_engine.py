"""Run an engine with batches, threads and bad input."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nengo_loihi.block import LoihiBlock, Synapse

from snnc.exact import CannotRunError, Engine, make_engine
from snnc.exact.read import order_axons, read_chip
from snnc.exact.results import join
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.examples import Presentation
from snnc.runtime.layout import LayoutError
from tests.agreement.networks import text
from tests.exact.proof import random_images, random_weights, write_package
from tests.rules.checking import assert_accepted
from tests.support import layered

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ImportedPackage:
    spec = text("conv2d", "lif")
    return open_package(write_package(spec, tmp_path_factory.mktemp("engine")))


@pytest.fixture(scope="module")
def engine(package: ImportedPackage) -> Iterator[Engine]:
    with make_engine(package, random_weights(package, bias=0.3)) as made:
        yield made


@pytest.fixture(scope="module")
def images(package: ImportedPackage) -> np.ndarray:
    return random_images(package, 21)


@pytest.mark.parametrize("presentation", ["rest", "row"])
def test_threads_and_spans_change_nothing(
    engine: Engine, images: np.ndarray, presentation: Presentation
) -> None:
    keep: Any = ("counts", "spikes", "rows")
    spans = [(12, 21), (0, 12)]
    rows: dict[int, Any] = {}
    for threads in (1, 2):
        stream = engine.stream(images, spans, presentation, "mean", keep, threads)
        chunks = sorted(stream, key=lambda chunk: chunk.start)
        assert [(c.span, c.start) for c in chunks] == [
            *(((0, 12), start) for start in (0, 8)),
            *(((12, 21), start) for start in (12, 20)),
        ]
        outcome = join([chunk.outcome for chunk in chunks])
        assert np.array_equal(np.concatenate([c.images for c in chunks]), images)
        for name, counts in outcome.counts.items():
            assert np.array_equal(outcome.spikes[name].sum(axis=1), counts)
        rows[threads] = outcome.rows
    assert np.array_equal(rows[1], rows[2])
    assert outcome.outputs.std(axis=0).all()
    halves: list[Any] = [
        engine.run(images[slice(*s)], presentation, keep=keep).rows for s in spans
    ]
    assert np.array_equal(rows[2][12:], halves[0])
    assert np.array_equal(rows[2][:12], halves[1])
    whole: Any = engine.run(images, presentation, keep=keep).rows
    assert np.array_equal(whole, rows[2]) == (presentation == "rest")


def test_neurons_of_a_max_pool_are_in_a_row(tmp_path: Path) -> None:
    """Also where there is one neuron per maximum."""
    lines = "maxpool p { window 2 }", "dense d0 { units 5 }"
    spec = layered(*lines, shape="12x2", encode="conv e { filters 3 }")
    package = open_package(write_package(spec, tmp_path))
    with make_engine(package, random_weights(package)) as made:
        spikes = made.run(random_images(package, 1), keep=("spikes",)).spikes
    assert package.network.layers["p"].shape == (6, 3)
    assert spikes["p"].shape[2:] == (18,)
    assert spikes["e"].shape[2:] == (12, 3)


def test_decisions_are_read_from_the_rows(engine: Engine, images: np.ndarray) -> None:
    mean = engine.run(images, keep=["rows"])
    last = engine.run(images, decide="last")
    assert mean.rows is not None
    assert np.array_equal(mean.outputs, mean.rows[:, 10:].mean(axis=1))
    assert np.array_equal(last.outputs, mean.rows[:, -1])
    assert engine.run(images).rows is None


def refusal(
    action: Callable[[], object], error: type[Exception] = CannotRunError
) -> str:
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def refusals(package: ImportedPackage, engine: Engine, folder: Path) -> Iterator[str]:
    """Provoke each refusal and give its text."""
    yield refusal(lambda: open_package("models/nothing"))
    weights = random_weights(package)
    weights["c0.kernel"] = weights["c0.kernel"][:1]
    yield refusal(lambda: make_engine(package, weights), LayoutError)
    yield refusal(lambda: make_engine(package, weights, steps=70000))
    yield refusal(lambda: engine.run(np.zeros((2, 3))))
    text = layered("dense d0 { units 3 }", target="nengo")
    hosted = open_package(write_package(text, folder))
    yield refusal(lambda: make_engine(hosted, random_weights(hosted)))
    yield learning()
    yield looping()


def learning() -> str:
    synapse = Synapse(1)
    synapse.set_weights(np.ones((1, 2)))
    synapse.set_learning()
    block = LoihiBlock(2, label="d0")
    block.add_synapse(synapse)
    return refusal(lambda: read_chip(None, {block: np.arange(2)}, {}))


def looping() -> str:
    axons = np.array([[0, 3], [0, 0], [2, 0]])
    return refusal(lambda: order_axons(np.array([0, 2, 4]), np.arange(3), axons))


def test_what_cannot_run_says_why(
    package: ImportedPackage, engine: Engine, tmp_path: Path
) -> None:
    said = "\n\n".join(refusals(package, engine, tmp_path)) + "\n"
    assert_accepted(Path(__file__).with_name("refused.txt"), said)
