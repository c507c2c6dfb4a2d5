"""Weights and results of any bytes are read, or refused by name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from snnc.diagnostics import Diagnostic, Report, Severity
from snnc.diagnostics.diagnostic_text import render
from snnc.driver import compile_spec
from snnc.evaluate.journal import open_journal
from snnc.evaluate.part import restore
from snnc.evaluate.refusals import RefusedRunError
from snnc.exact import CannotRunError, make_engine
from snnc.exact.package import open_package
from snnc.source import SourceFile
from snnc.weights.chip import complaints, precision
from snnc.weights.cores import placed_layers
from snnc.weights.fit import fit
from snnc.weights.header import read_header
from snnc.weights.listing import Listing, document, layer_document, table
from snnc.weights.values import read_values, spreads
from tests.exact.proof import random_images, write_package
from tests.fuzz.harness import fuzz, processor_time
from tests.fuzz.mutate import mutated_bytes
from tests.fuzz.runs import (
    LAYOUT,
    NET,
    SCOPE,
    SIZES,
    part,
    records,
    values,
    weights_files,
)

pytestmark = pytest.mark.slow

LONGEST = 10.0
RUN = {"examples": 10, "sample": 0, "presentation": "rest"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "file"


@fuzz(200)
@given(text=records())
def test_lines_of_results_are_read_or_refused(text: str) -> None:
    with processor_time(LONGEST):
        try:
            found = restore(text, SCOPE)
        except (LookupError, ValueError):
            return
        assert found.outputs.shape == (4, found.stop - found.start, 3)
        assert found.keras is not None
        assert all(number >= 0 for number in found.overflows)
        assert found.firing.keys() == SCOPE.neurons.keys()


@pytest.fixture(scope="module")
def results(file: Path) -> bytes:
    path = file.with_name("results")
    with open_journal(path, RUN, False, SCOPE) as journal:
        journal.add(part(0, 3))
        journal.add(part(5, 8))
    return path.read_bytes()


@fuzz(200)
@given(data=mutated_bytes([b"", b"{}\n"]), resume=..., more=...)
def test_files_of_results_are_read_or_refused(
    file: Path, results: bytes, data: bytes, resume: bool, more: bool
) -> None:
    file.write_bytes(results + data if more else data)
    with processor_time(LONGEST):
        try:
            journal = open_journal(file, RUN, resume, SCOPE)
        except RefusedRunError as error:
            said = str(error)
        else:
            with journal:
                assert len(journal.done) <= 2
            return
    assert str(file) in said


@fuzz(200)
@given(data=weights_files())
def test_weights_files_are_listed_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with processor_time(LONGEST):
        header = read_header(file)
        if isinstance(header, Diagnostic):
            assert str(file) in header.render_message()
            return
        known = spreads(read_values(header))
        listing = Listing(header, known, "fuzzed", fit(header, LAYOUT))
        json.dumps(document(listing), allow_nan=False)
        assert table(listing)


@cache
def mapped() -> Any:
    report = Report()
    return compile_spec(SourceFile("net.snn", NET), report, through="place").mapped


def verdicts(weights: dict[str, Any]) -> list[Diagnostic]:
    """Return what `snnc weights` reports of the chip, all of it shown."""
    layers = placed_layers(mapped(), weights)
    found = [told for layer in layers for told in complaints(layer)]
    render(found)
    for layer in layers:
        told = precision(layer)
        json.dumps(layer_document(told), allow_nan=False)
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
