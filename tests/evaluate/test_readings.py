"""The results for other readouts are what packages with such readouts give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnc.exact import make_engine
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.examples import Presentation
from snnc.tools.evaluate.measures import join, run_spans
from snnc.tools.evaluate.measures import whole_spans as whole
from snnc.tools.scores import alternative_readouts
from tests.evaluate.conftest import SMALL, Case
from tests.exact.proof import random_images, write_package
from tests.support import network

pytestmark = pytest.mark.slow
SPANS = [(0, 12), (12, 21)]  # a span takes more than one chunk


@pytest.mark.parametrize("presentation", ["row", "rest"])
@pytest.mark.parametrize("synapse", ["4 ms", "1 ms"])
def test_each_is_what_a_package_that_reads_so_decides(
    full: Case,
    tmp_path: Path,
    presentation: Presentation,
    synapse: str,
) -> None:
    weights = full.package.layout.load(full.weights)
    x = random_images(full.package, 21)
    own = build_package("own", f"decide last, synapse {synapse}", tmp_path)
    with make_engine(own, weights) as engine:
        found = [*whole(run_spans(engine, presentation, x, SPANS))]
    others = join(found).others
    ways = alternative_readouts(own.network.readout)
    assert [(way.decide, way.synapse != ways[0].synapse) for way in ways] == [
        ("mean", False),
        ("last", True),
        ("last", True),
    ]
    for i, way in enumerate(ways):
        assert way.synapse is not None
        text = f"decide {way.decide}, synapse {1000 * way.synapse:g} ms"
        other = build_package(f"way{i}", text, tmp_path)
        with make_engine(other, weights) as engine:
            told = [*whole(run_spans(engine, presentation, x, SPANS))]
        wanted = join(told).outputs[-1]
        assert np.ptp(wanted) > 0.1
        np.testing.assert_allclose(others[i], wanted, rtol=0, atol=1e-9)


def build_package(name: str, readout: str, folder: Path) -> ImportedPackage:
    body = SMALL.replace("classes 3", f"classes 3, {readout}")
    (folder / name).mkdir()
    return open_package(write_package(network(body, name), folder / name))
