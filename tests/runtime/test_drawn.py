"""A model's first weights keep its layers active."""

from pathlib import Path

import numpy as np
import pytest

from snnc.output.imported import open_package
from tests.exact.proof import write_package
from tests.support import network

pytestmark = pytest.mark.slow

SEEDS = range(6)
RANGES = {
    "bright": "0..1",
    "mapped": "-1..1 as 0..1",
    "signed": "-1..1",
    "wide": "0..1 as -1..1",
}


def test_no_encoder_of_values_above_zero_begins_silent(tmp_path: Path) -> None:
    silent = {}
    for name, values in RANGES.items():
        body = f"""
            input image 6x6x1 in {values}
            encode conv
            conv2d c0 {{ filters 2 }}
            readout digit {{ classes 4 }}
        """
        package = open_package(write_package(network(body, name), tmp_path))
        build = package.module("keras_model").build_model
        drawn = [build(seed=seed).get_layer("encode").get_weights() for seed in SEEDS]
        silent[name] = sum(float(np.max(kernel)) <= 0 for kernel, _ in drawn)
    assert silent["bright"] == silent["mapped"] == 0
    assert silent["signed"] > 0
    assert silent["wide"] > 0
