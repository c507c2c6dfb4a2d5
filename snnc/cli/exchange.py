"""``snnc import`` and ``snnc export``: exchange networks with other tools."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from snnc.cli.import_child import fork_reader, is_child, reading_limits
from snnc.cli.options import (
    device,
    force_option,
    format_option,
    output_option,
    path_option,
    refuse_existing,
)
from snnc.cli.printing import (
    print_data,
    print_diagnostics,
    print_json,
    print_lines,
    say,
)
from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.importer.request import (
    ImportRequest,
    parse_range,
    parse_rewrites,
    parse_shape,
)
from snnc.runtime.files import reason
from snnc.source import whole_file

if TYPE_CHECKING:
    from snnc.importer.outcome import ImportOutcome
    from snnc.nir.importing import Restored
    from snnc.nir.neurons import Neuron


Form = Literal["text", "json", "markdown"]


@click.command("import", epilog="Example: snnc import model.keras -o specs/net.snn")
@click.argument("model", type=click.Path())
@output_option("-o", "--output", help="The spec to write  [default: stdout]")
@click.option(
    "--name", metavar="NAME", help="Name of the network  [default: the model's]"
)
@click.option(
    "--weights",
    "weights_read",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A separate file with the weights of MODEL, from `save_weights` or `save`.",
)
@output_option(
    "--weights-out",
    help="Write the model's weights to a safetensors file, in the layout of the spec.",
)
@click.option(
    "--rewrite",
    "rewrites",
    multiple=True,
    metavar="WHAT=BY",
    help="Replace an unsupported or costly layer: maxpool=downsample, maxpool=avgpool,"
    " globalmaxpool=avgpool, relu6=relu, or avgpool=zeros (includes padded zeros).",
)
@click.option(
    "--encode",
    type=click.Choice(["first", "rate"]),
    default="first",
    show_default=True,
    help="The encoder: the first convolution, which runs on the host, or each value as"
    " a rate.",
)
@click.option(
    "--input-range",
    "values",
    metavar="LO..HI",
    help="The range of input values  [default: 0..1, or 0..255 before a Rescaling]",
)
@click.option(
    "--input-shape",
    "shape",
    metavar="HxWxC",
    help="The shape of the input, if the model doesn't set it.",
)
@click.option(
    "--readout",
    type=click.Choice(["units", "classes"]),
    help="The kind of outputs  [default: inferred from the loss or a softmax]",
)
@click.option(
    "--chips",
    metavar="N",
    type=click.IntRange(min=1),
    help="The number of chips; by default, the smallest number that the model needs.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Print the result for each layer instead of the spec.",
)
@format_option("Format of --explain.", "markdown")
@force_option
def import_command(
    model: str,
    output: Path | None,
    name: str | None,
    weights_read: Path | None,
    weights_out: Path | None,
    rewrites: tuple[str, ...],
    encode: Literal["first", "rate"],
    values: str | None,
    shape: str | None,
    readout: Literal["units", "classes"] | None,
    chips: int | None,
    explain: bool,
    form: Form,
    force: bool,
) -> int:
    """Convert a Keras model, or a NIR graph, to a spec.

    MODEL is a .keras or .h5 file, the text of `model.to_json()`, a model.json from
    TensorFlow.js, a SavedModel folder, or module:function, which is executed. Only the
    last two need TensorFlow. A file that ends in .nir is a NIR graph, for example from
    Norse, sinabs, snnTorch or `snnc export`.
    """
    _refuse_at_odds(output, weights_out, explain, form)
    request = _request(name, rewrites, encode, values, readout, chips, shape)
    refuse_existing(force, output, weights_out)
    report = Diagnostics()
    typed = click.get_current_context().find_root().obj
    if typed is not None:  # so that no temporary folder or child process remains
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if typed is not None and not is_child() and Path(model).is_file():
        ended = _read_in_child(Path(model), weights_read, report)
        if ended is not None:
            return ended
    limits = reading_limits(model) if is_child() else None
    files = weights_out, output
    done: ImportOutcome | Restored | None
    if Path(model).suffix == ".nir":
        # Other options only apply to a spec that is created from the nodes.
        takes_spec = not explain and request == ImportRequest(device=request.device)
        from snnc.nir.importing import run as run_nir  # needs the extra `nir`

        done = run_nir(model, request, *files, report, takes_spec, limits)
    else:
        from snnc.importer.read import run

        beside = weights_read or ""
        done = run(model, request, *files, report, say, beside, limits=limits)
    print_diagnostics(report)
    if done is None:
        return 1
    for note in done.notes:
        say(f"note: {note}")
    status = 1 if report.errors else 0
    if explain:
        from snnc.importer.outcome import ImportOutcome

        assert isinstance(done, ImportOutcome)  # because `takes_spec` is false
        _print(done, form)
    elif done.text and output is None:
        print_data(done.text)
    return status


def _refuse_at_odds(
    output: Path | None, weights_out: Path | None, explain: bool, form: Form
) -> None:
    """Refuse options without effect, and file names of other formats."""
    if form != "text" and not explain:
        raise click.UsageError("--format needs --explain")
    if output is not None and output.suffix in (".yaml", ".yml"):
        raise click.UsageError("-o writes .snn; `snnc convert` converts it to YAML")
    if output is not None and output.suffix != ".snn":
        raise click.UsageError("-o writes a spec: name a file that ends in .snn")
    if weights_out is not None and weights_out.suffix != ".safetensors":
        raise click.UsageError("--weights-out writes a file that ends in .safetensors")
    if explain and (output is not None or weights_out is not None):
        raise click.UsageError(
            "--explain writes no files: leave out -o and --weights-out"
        )


def _request(
    name: str | None,
    rewrites: tuple[str, ...],
    encode: Literal["first", "rate"],
    values: str | None,
    readout: Literal["units", "classes"] | None,
    chips: int | None,
    shape: str | None,
) -> ImportRequest:
    try:
        pairs = parse_rewrites(rewrites)
        given = None if values is None else parse_range(values)
        sizes = None if shape is None else parse_shape(shape)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return ImportRequest(name, pairs, encode, given, readout, chips, device(), sizes)


def _read_in_child(
    model: Path, weights: Path | None, report: Diagnostics
) -> int | None:
    """Return the exit status of a child; None in the process that reads the model."""
    if not hasattr(os, "fork"):
        return None
    ended = fork_reader(*filter(None, (model, weights)))
    if not isinstance(ended, Diagnostic):
        return ended
    report.add(ended.but(span=whole_file(model)))
    print_diagnostics(report)
    return 1


def _print(done: ImportOutcome, form: Form) -> None:
    from snnc.importer import explanation  # rarely used

    explained = explanation.explain(done.conversion, done.compilation)
    if form == "json":
        print_json(explanation.document(explained))
    else:
        show = explanation.markdown if form == "markdown" else explanation.text
        print_lines(show(explained))


@click.command(
    "export",
    epilog="Example: snnc export models/drift --weights drift.safetensors --to nir"
    " -o drift.nir",
)
@click.argument("package", type=click.Path(path_type=Path))
@path_option("--weights", help="A safetensors file with the weights.", required=True)
@click.option(
    "--to", type=click.Choice(["nir"]), default="nir", show_default=True, help="Format."
)
@output_option(
    "-o",
    "--output",
    help="The file to write; limitations are written next to it as .txt.",
    required=True,
)
@click.option(
    "--neuron",
    type=click.Choice(["if", "cubalif"]),
    default="if",
    show_default=True,
    help="The node for ReLU neurons: without or with the synapse filter.",
)
@format_option("Output format.")
def export_command(
    package: Path, weights: Path, to: str, output: Path, neuron: Neuron, form: str
) -> int:
    """Export PACKAGE and its weights for other tools, such as Norse, sinabs and Spyx.

    PACKAGE is a folder from `snnc build`, or a spec. docs/nir.md lists the results of
    each tool.
    """
    from snnc.nir.export import CannotExportError, export_nir  # imports NumPy
    from snnc.runtime.layout import OTHERS

    if output.suffix == ".safetensors" or _is_same(output, weights):
        raise click.UsageError("-o would replace weights: name a file such as net.nir")
    if output.suffix.lower() in {*OTHERS.split()} - {".nir", ".h5", ".hdf5"}:
        named = output.with_suffix(".nir")
        raise click.UsageError(f"the output is NIR: use -o {named}")
    started = time.perf_counter()
    try:
        done = export_nir(package, weights, output, neuron, device())
    except (CannotExportError, OSError) as error:
        for line in f"error: {reason(error)}".split("\n"):  # may have several lines
            say(line)
        return 1
    milliseconds = 1000 * (time.perf_counter() - started)
    if form == "json":
        print_json(done.as_dict())
    say(
        f"{done.path}: {done.nodes} nodes, {done.size} bytes; its limitations are in"
        f" {done.text} ({milliseconds:.0f} ms)"
    )
    return 0


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
