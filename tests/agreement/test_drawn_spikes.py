"""Models of Keras that run in spikes fire as the exact engine does, on drawn networks.

The drawn specs have hosts, voltages that are spread, max pools and depthwise layers.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from snnc.exact import make_engine
from snnc.output.imported import open_package
from tests.agreement.specs import draw_specs, name_of
from tests.exact.proof import random_images, random_weights, write_package
from tests.runtime.test_spiking import DT, rates_of

DRAWN = int(os.environ.get("SNNC_DRAWN", "4"))
WORDS = ("place host", "start spread", "maxpool", "depthwise")
EXAMPLES = 3

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("text", [*draw_specs(DRAWN, WORDS)], ids=name_of)
def test_drawn_networks_fire_as_the_exact_engine_says(
    text: str, tmp_path: Path
) -> None:
    text = text.replace("present 10 ms", "present 60 ms")
    package = open_package(write_package(text, tmp_path))
    weights, x = random_weights(package), random_images(package, EXAMPLES)
    with make_engine(package, weights) as engine:
        spikes = engine.run(x, "row", keep=("spikes",)).spikes
    given = rates_of(package, weights, x)
    for name, found in spikes.items():
        if package.network.layers[name].pool is not None:
            continue  # a maximum is a sum: its readers are compared
        rates = np.asarray(found).mean(axis=1) / DT
        # Weights of 8 bits move spikes, the more the fewer a layer reads.
        assert given[name].mean() == pytest.approx(rates.mean(), rel=0.1, abs=0.5)
        if rates.std() > 1:
            together = np.corrcoef(given[name].ravel(), rates.ravel())[0, 1]
            assert together > 0.95, name
