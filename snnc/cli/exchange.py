"""``snnc import`` and ``snnc export``: exchange networks with other tools."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.importer.model import ImportRequest
from snnc.interface.spec_options import ExportOptions
from snnc.runtime.files import reason
from snnc.verbs.exchange import ImportOptions

if TYPE_CHECKING:
    from snnc.importer.read import ImportOutcome
    from snnc.nir.graph import Neuron


NOTES = 5
SILENT_SECONDS = 5.0
"""The time until the first line of progress, and between two lines."""


@click.command("import", epilog="Example: snnc import model.keras -o specs/net.snn")
@click.argument("model", type=click.Path())
@options.file("-o", "--output", help="The spec to write  [default: stdout]")
@options.file(
    "--weights-out",
    help="Write the model's weights to a safetensors file, in the layout of the spec.",
)
@options.of(ImportOptions)
@options.flag("--explain", help="Print the result for each layer instead of the spec.")
@options.output_format("Format of --explain.")
@options.force
def import_command(
    model: str,
    output: Path | None,
    weights_out: Path | None,
    *,
    explain: bool,
    form: str,
    force: bool,
    **wanted: Any,
) -> int:
    """Convert a Keras model, or a NIR graph, to a spec.

    MODEL is a .keras or .h5 file, or the text of `model.to_json()`. A file that ends in
    .nir is a NIR graph, for example from Norse, sinabs, snnTorch or `snnc export`.
    """
    if form != "text" and not explain:
        raise click.UsageError("--format needs --explain")
    _check_files(output, weights_out, explain=explain)
    try:
        device = options.device_name()
        request = ImportOptions(model, device=device, **wanted).request
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    options.refuse_existing(force, output, weights_out)
    report = Diagnostics()
    with _showing_progress(model):
        done = _convert(
            model,
            request,
            explain=explain,
            weights_out=weights_out,
            output=output,
            report=report,
        )
    printing.print_diagnostics(report)
    if done is None:
        return 1
    if explain:
        from snnc.importer import explanation  # rarely used

        assert done.conversion is not None  # because `takes_spec` is false
        explained = explanation.explain(done.conversion, done.compilation, done.notes)
        if form == "json":
            printing.print_json(explanation.document(explained))
        else:
            printing.print_lines(explanation.text(explained))
    else:
        _say_notes(done.notes, model)
        if done.text and output is None:
            printing.print_data(done.text)
        else:
            _say_next(done.commands)
    return 1 if report.errors else 0


def _check_files(output: Path | None, weights: Path | None, *, explain: bool) -> None:
    """Refuse names of files with the wrong suffix for a spec or for weights."""
    suffix = ".snn" if output is None else output.suffix
    if suffix in (".yaml", ".yml"):
        raise click.UsageError("-o writes .snn; `snnc convert` converts it to YAML")
    if suffix != ".snn":
        raise click.UsageError("-o writes a spec: name a file that ends in .snn")
    if weights is not None and weights.suffix != ".safetensors":
        raise click.UsageError("--weights-out writes a file that ends in .safetensors")
    if explain and (output or weights):
        raise click.UsageError(
            "--explain writes no files: leave out -o and --weights-out"
        )


def _say_notes(notes: Sequence[str], model: str) -> None:
    """Print at most five lines of notes, and name the command that prints all."""
    left = len(notes) - NOTES
    shown = notes if left <= 0 else notes[: NOTES - 1]
    for note in shown:
        printing.say(f"note: {note}")
    if left > 0:
        listed = f"`snnc import {shlex.quote(model)} --explain` lists them"
        printing.say(f"note: {left + 1} more notes: {listed}")


def _say_next(commands: Sequence[str]) -> None:
    if commands:
        printing.say_lines("\n  ".join(("Next:", *commands)))


def _convert(
    model: str,
    request: ImportRequest,
    *,
    explain: bool,
    weights_out: Path | None,
    output: Path | None,
    report: Diagnostics,
) -> ImportOutcome | None:
    """Convert a model and write the files; return None after reporting an error."""
    from snnc.importer.read import FileNames, run, write_files

    spec = "imported.snn" if output is None else output.as_posix()
    weights = "" if weights_out is None else weights_out.as_posix()
    names = FileNames(model=model, spec=spec, weights=weights)
    if Path(model).suffix == ".nir":
        # Other options only apply to a spec that is created from the nodes.
        plain = ImportRequest(device=request.device, weights=request.weights)
        takes_spec = not explain and request == plain
        from snnc.nir.importing import run as run_nir  # needs the extra `nir`

        outcome = run_nir(model, request, names, report, takes_spec=takes_spec)
    else:
        outcome = run(model, request, names, report)
    written = outcome is not None and write_files(outcome, weights_out, output, report)
    return outcome if written else None


@contextmanager
def _showing_progress(model: str) -> Iterator[None]:
    """Say regularly that an import is still running, from a thread."""
    ended = threading.Event()
    started = time.monotonic()
    context = click.get_current_context()

    def show() -> None:
        with context.scope(cleanup=False):  # contexts belong to threads
            while not ended.wait(SILENT_SECONDS):
                seconds = time.monotonic() - started
                printing.say(f"note: importing {model}: {seconds:.0f} s so far")

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@click.command(
    "export",
    epilog="Example: snnc export models/drift --weights drift.safetensors --to nir"
    " -o drift.nir",
)
@options.package
@options.path("--weights", help="A safetensors file with the weights.", required=True)
@options.choice("--to", among=["nir"], default="nir", help="Format.")
@options.file(
    "-o",
    "--output",
    help="The file to write; limitations are written next to it as .txt.",
    required=True,
)
@options.of(ExportOptions)
@options.output_format()
def export_command(
    package: Path, weights: Path, to: str, output: Path, neuron: Neuron, form: str
) -> int:
    """Export PACKAGE and its weights for other tools, such as Norse, sinabs and Spyx.

    PACKAGE is a folder from `snnc build`, or a spec. docs/nir.md lists the results of
    each tool.
    """
    from snnc.nir.export import CannotExportError, export_nir  # imports NumPy
    from snnc.runtime.layout import OTHERS

    others = {*OTHERS.split()} - {".nir", ".h5", ".hdf5"}
    if output.suffix == ".safetensors" or output.resolve() == weights.resolve():
        raise click.UsageError("-o would replace weights: name a file such as net.nir")
    if output.suffix.lower() in others:
        nir = output.with_suffix(".nir")
        raise click.UsageError(f"the output is NIR: use -o {nir}")
    started = time.perf_counter()
    try:
        done = export_nir(package, weights, output, neuron, options.device())
    except (CannotExportError, OSError) as error:
        printing.say_lines(f"error: {reason(error)}")
        return 1
    milliseconds = 1000 * (time.perf_counter() - started)
    if form == "json":
        printing.print_json(done.as_dict())
    size = f"{done.nodes} nodes, {done.size} bytes"
    limitations = f"its limitations are in {done.text} ({milliseconds:.0f} ms)"
    printing.say(f"{done.path}: {size}; {limitations}")
    return 0
