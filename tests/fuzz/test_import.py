"""The import answers any model file with a spec or a diagnostic."""

import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.importer.explanation import document, explain, text
from snnc.importer.model import ImportRequest
from snnc.importer.read import FileNames, ImportOutcome, outcome, read, write_files
from snnc.importer.refusals import RefusedModelError
from snnc.weight_files.header import read_header
from tests.fuzz.harness import fuzz, processor_time, seed_paths
from tests.fuzz.models import archives, hdf5, texts

pytestmark = pytest.mark.slow

LONGEST = 10
MEMORY = 2 * 2**30
WISHES = (
    ImportRequest(None, (), "first", None),
    ImportRequest(
        "n", (("maxpool", "avgpool"), ("relu6", "relu")), "rate", (-1.0, 1.0)
    ),
)


def answer(file: Path) -> None:
    """Do all that `snnc import` does, in this process."""
    for request in WISHES:
        report = Diagnostics()
        try:
            model, weights = read(file)
            wanted = "" if weights is None else "w.safetensors"
            with weights or nullcontext():
                names = FileNames(file.name, "imported.snn", wanted)
                done = outcome(model, weights, request, names, report)
        except RefusedModelError as error:
            report.add(error.at(file.name).diagnostic)
        else:
            if done is not None:
                show(done)
            if done is not None and done.text and wanted:
                target = file.with_name("weights")
                assert write_files(done, target, None, report)
                assert read_header(target, Diagnostics()) is not None
        assert all(
            line.isprintable() for line in render(report.diagnostics).split("\n")
        )


def show(done: ImportOutcome) -> None:
    assert done.conversion is not None
    model, found = done.conversion.model, done.conversion
    assert {*model.outputs} <= {layer.name for layer in model.layers}
    refused = any(d.verdict == "refused" for d in found.decisions)
    assert refused == (found.written is None)
    explanation = explain(done.conversion, done.compilation, done.notes)
    json.dumps(document(explanation), allow_nan=False)
    assert text(explanation)


@seed_paths("import")
def test_known_models_are_read_or_refused(path: Path) -> None:
    with processor_time(LONGEST):
        answer(path)


@fuzz(100)
@given(data=texts())
def test_models_of_json_are_read_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with processor_time(LONGEST):
        answer(file)


def apart(act: Callable[[], None]) -> str:
    """Do something in a process with limits; return its traceback.

    What a library of C does to the process is nobody's fault: it may crash, or go
    round in a circle until it is stopped.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _limit()
        try:
            with processor_time(LONGEST):
                act()
        except BaseException:
            os.write(writing, traceback.format_exc()[-4000:].encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


def _limit() -> None:
    """Limit time and memory."""
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST + 2, LONGEST + 3))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@fuzz(20)
@given(data=hdf5())
def test_models_of_hdf5_are_read_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert apart(lambda: answer(file)) == ""


@fuzz(20)
@given(data=archives())
def test_archives_are_read_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert apart(lambda: answer(file)) == ""
