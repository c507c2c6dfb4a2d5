"""Weights and results of any bytes are read, or refused by name."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from snnc.diagnostics import Diagnostic, Diagnostics, Severity
from snnc.diagnostics.diagnostic_text import render
from snnc.exact import CannotRunError, make_engine
from snnc.output.imported import open_package
from snnc.results.base import to_json
from snnc.weight_files.chip import complaints, precision
from snnc.weight_files.cores import placed_layers
from snnc.weight_files.header import read_header
from snnc.weight_files.inspect import Listing
from snnc.weight_files.values import read_values, spreads
from tests.exact.proof import random_images, write_package
from tests.fuzz.harness import fuzz, processor_time
from tests.fuzz.runs import (
    NET,
    SIZES,
    values,
    weights_files,
)
from tests.support import sound

pytestmark = pytest.mark.slow

LONGEST = 10.0


@fuzz(200)
@given(data=weights_files())
def test_weights_files_are_listed_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with processor_time(LONGEST):
        report = Diagnostics()
        header = read_header(file, report)
        if header is None:
            assert str(file) in report.diagnostics[0].message
            return
        known = spreads(read_values(header))
        listing = Listing(header, map_net().lowered.network, known)
        found = listing.result(report.diagnostics)
        json.dumps(found.as_dict(), allow_nan=False)
        assert str(found)


@cache
def map_net() -> Any:
    return sound(NET, "place")


def verdicts(weights: dict[str, Any]) -> list[Diagnostic]:
    """Return what `snnc weights` reports of the chip, all of it shown."""
    layers = placed_layers(map_net(), weights)
    found = [told for layer in layers for told in complaints(layer)]
    render(found)
    for layer in layers:
        told = precision(layer)
        json.dumps(to_json(told), allow_nan=False)
        assert told.refused <= told.cores
    return [told for told in found if told.severity is Severity.ERROR]


@fuzz(200)
@given(weights=values(SIZES))
def test_weights_of_any_size_are_judged(weights: dict[str, Any]) -> None:
    with processor_time(LONGEST):
        verdicts(weights)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_package(NET, tmp_path_factory.mktemp("package"))
    assert made is not None
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of numbers beyond float32, on the host
@fuzz(5)
@given(weights=values(SIZES))
def test_the_engine_runs_what_is_judged_to_fit(
    package: Path, weights: dict[str, Any]
) -> None:
    refused = bool(verdicts(weights))
    module = open_package(package)
    try:
        engine = make_engine(module, weights)
    except CannotRunError as error:
        said = str(error)
    else:
        with engine:
            outputs = engine.run(random_images(module, 2)).outputs
        assert not refused
        assert not np.isnan(outputs).any()
        return
    assert refused
    assert "the chip can't store the weights of" in said
