"""``snnc evaluate`` and ``snnc predict``: run a package on data."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.emit.files import FORMAT
from snnc.language.model import spec_hash
from snnc.output.imported import open_package, spec_of
from snnc.output.package import PackageRecords, rebuild_command
from snnc.verbs.evaluate import verb
from snnc.verbs.evaluate.last import record_accuracy
from snnc.verbs.evaluate.options import (
    AdaptOptions,
    EvaluateOptions,
    LearningSimulator,
    OptionError,
    PredictOptions,
    Simulator,
)
from snnc.verbs.options import options_of

if TYPE_CHECKING:
    from snnc.results.adaptation import Adaptation
    from snnc.results.base import Result
    from snnc.results.evaluation import Evaluation

_RUN_OPTIONS = options_of(EvaluateOptions)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""The matrices are small, so more threads would only wait for each other."""


@click.command(
    "evaluate",
    epilog="Example: snnc evaluate models/drift --data test.npz"
    " --weights drift.safetensors",
)
@options.package
@options.data
@options.weights
@options.of(EvaluateOptions)
@options.path(
    "--compare",
    help="Compare the spikes with FILE, which the package's board.py wrote, and print"
    " only the first difference.",
)
@options.path(
    "--adapt",
    help="Labelled examples for a readout with `learn pes`. Evaluate, let the readout"
    " learn from these examples, and evaluate again.",
    metavar="PATH",
)
@options.of(AdaptOptions, "passes")
@options.path(
    "--keep",
    help="Old labelled data, to show with --adapt what the readout forgets.",
    metavar="PATH",
)
@options.of(AdaptOptions, "weights_out")
@options.force
@options.flag("--strict", help="Exit with 1 if a layer misses its rate budget.")
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="FRACTION",
    help="Exit with 1 if the accuracy is below FRACTION, such as 0.9.",
)
@options.output_format("Output format; html is a page with plots.", "html")
@options.picture("accuracy and energy against presentation time")
def evaluate_command(
    package: Path,
    data: Path,
    weights: Path,
    compare: Path | None,
    adapt: Path | None,
    passes: int,
    keep: Path | None,
    weights_out: Path | None,
    form: str,
    picture: Path | None,
    **others: Any,
) -> int:
    """Run the generated package in the folder PACKAGE on data.

    The command prints the accuracy or the error (also for shorter presentations), the
    spikes and the energy per example, and the rates with their budgets. If TensorFlow
    is installed, it also compares the package with its Keras model, in total and layer
    by layer.
    """
    checked = _check_options(click.get_current_context().params)
    shown: Result
    plotted: Adaptation | Evaluation
    options.refuse_existing(others["force"], weights_out, others["output"])
    options.quiet_tensorflow(checked.simulator)
    # Numbers of threads that the user has set stay.
    if checked.simulator == "exact":
        os.environ.update(ONE_THREAD | os.environ)
    with options.one_line_errors():
        verb.require_simulator(checked.simulator, checked.dask)
        if compare is not None:
            from snnc.verbs.board import compare as compare_board

            comparison = compare_board(package, data, weights, compare)
            printing.print_lines(str(comparison))
            return 0 if comparison.agrees else 1
        _warn_if_changed(package)
        _import_engine()
        opened = open_package(package)
        if adapt is not None:
            from snnc.verbs.adapt import evaluate_adapted

            adapted = evaluate_adapted(
                checked,
                opened,
                data,
                weights,
                adapt,
                passes=passes,
                keep=keep,
                weights_out=weights_out,
            )
            evaluation = adapted.after
            shown = adapted
            plotted = adapted.learning
        else:
            evaluation = verb.evaluate(opened, (data, None), weights, checked)
            shown = evaluation
            plotted = evaluation
            # Other simulators and other lengths of an example give other accuracies.
            if checked.simulator == "exact" and checked.steps is None:
                record_accuracy(weights, evaluation.accuracy)
    printing.print_result(shown, form)
    if picture is not None:
        from snnc.views.plots import style  # most runs don't draw

        with style.theme():
            style.save(plotted.plot_accuracy(), picture)
    least = others["min_accuracy"]
    return _verdict(evaluation, package, strict=others["strict"], least=least)


def _check_options(typed: Mapping[str, Any]) -> EvaluateOptions:
    """Return the options of a run; refuse options that exclude each other.

    Options without effect are also refused, and so are pipes, because they can be read
    only once.
    """
    try:
        run = EvaluateOptions(**{name: typed[name] for name in _RUN_OPTIONS})
    except OptionError as error:
        flag = "-o" if error.option == "output" else f"--{error.option}"
        flag = flag.replace("_", "-")
        raise click.UsageError(f"{flag} needs `--simulator exact`") from error
    _check_files(typed)
    if run.dask is not None and run.workers:
        raise click.UsageError("a cluster has its own workers: leave out --workers")
    if run.simulator == "keras":
        _check_spikeless(typed)
    if typed["compare"]:
        _check_comparison(typed, run)
    if typed["adapt"]:
        _check_learning(typed, run)
    elif typed["weights_out"]:
        raise click.UsageError("--weights-out needs --adapt with examples")
    elif typed["keep"] or typed["passes"] > 1:
        raise click.UsageError("--passes and --keep need --adapt with examples")
    return run


def _check_files(typed: Mapping[str, Any]) -> None:
    """Refuse pipes, and a table of examples that is not CSV."""
    for path in (typed["weights"], typed["output"]):
        if path is not None and path.is_fifo():
            raise click.UsageError(f"{path} is a pipe: name a file")
    table = typed["examples_out"]
    # After swapping arguments by mistake, the table could replace weights.
    if table and table.suffix != ".csv":
        raise click.UsageError(
            "--examples-out writes CSV: name a file that ends in .csv"
        )


def _check_spikeless(typed: Mapping[str, Any]) -> None:
    """Refuse options that have no effect on Keras, which has no spikes."""
    problem = "needs spikes, but Keras has no spikes"
    if options.is_typed("presentation"):
        raise click.UsageError(f"--presentation {problem}")
    if typed["strict"]:
        raise click.UsageError(f"--strict {problem}")


def _check_comparison(typed: Mapping[str, Any], run: EvaluateOptions) -> None:
    """Refuse options that ``--compare`` does not use."""
    if run.simulator != "exact" or typed["form"] != "text":
        raise click.UsageError("--compare uses the exact engine and prints text")
    if typed["min_accuracy"] is not None:
        raise click.UsageError("--compare has no accuracy: leave out --min-accuracy")


def _check_learning(typed: Mapping[str, Any], run: EvaluateOptions) -> None:
    """Refuse options that exclude ``--adapt``."""
    simulators = get_args(LearningSimulator)
    if run.output or typed["compare"]:
        raise click.UsageError(
            "--adapt excludes -o and --compare; --weights-out writes the weights"
        )
    if run.simulator not in simulators:
        raise click.UsageError(
            f"--adapt works only with the simulators {', '.join(simulators)}"
        )
    if run.examples_out or typed["form"] == "html":
        raise click.UsageError(
            "--adapt evaluates twice: leave out --examples-out and html"
        )


def _verdict(
    result: Evaluation, package: Path, *, strict: bool, least: float | None
) -> int:
    """Print the first limit that is not met, and return the exit status."""
    accuracy = result.accuracy
    problem = ""
    if strict and result.missed:
        problem = (
            f"rates not held: {', '.join(result.missed)}; give them a wider `rate` and"
            f" train again, or scale the weights with `snnc calibrate {package}`"
        )
    elif least is not None:
        if accuracy is None:
            problem = f"--min-accuracy needs classes, but {result.network} has none"
        elif accuracy < least:
            problem = (
                f"the accuracy is {100 * accuracy:.2f} %, below --min-accuracy"
                f" {least:g}"
            )
    if not problem:
        return 0
    printing.say(f"error: {problem}")
    return 1


def _warn_if_changed(package: Path) -> None:
    """Warn if a package's spec has changed since the package was built."""
    spec = spec_of(package)
    compilation = spec and compile_file(spec, Diagnostics(), "validate")
    # The spec was moved, or is being edited.
    if not compilation or compilation.spec is None:
        return
    lock = PackageRecords.of(package).lock
    if lock.format != FORMAT:  # another format hashes a spec in another way
        return
    if spec_hash(compilation.spec.spec) != lock.spec:
        command = rebuild_command(package)
        printing.say(f"warning: the spec has changed since the last build: `{command}`")


def _import_engine() -> None:
    """Import the engine, which is slow, and say so on a terminal."""
    shown = "reading the package, weights and data" if sys.stderr.isatty() else ""
    click.echo(shown, nl=False, err=True)
    importlib.import_module("snnc.verbs.evaluate.run")
    if shown:
        click.echo(f"\r{' ' * len(shown)}\r", nl=False, err=True)


@click.command(
    "predict",
    epilog="Example: snnc predict models/drift --data new.npz"
    " --weights drift.safetensors -o labels.csv",
)
@options.package
@options.path(
    "--data",
    help="An .npz file with x, an .npy file, or a folder with x.npy.",
    required=True,
    metavar="PATH",
)
@options.weights
@options.file(
    "-o",
    "--output",
    help="The file to write, .npz or .csv. Without it, the CSV table is printed.",
)
@options.of(PredictOptions)
def predict_command(
    package: Path,
    data: Path,
    weights: Path,
    output: Path | None,
    simulator: Simulator,
    over_time: bool,
) -> int:
    """Run the generated package in the folder PACKAGE on new examples without labels.

    An .npz file contains outputs (examples, units) and labels (examples,). The CSV
    table has one row per example: index, label, class name, and the output of each
    unit.
    """
    suffix = None if output is None else output.suffix
    if suffix not in (None, ".npz", ".csv"):
        raise click.UsageError(f"-o {output}: name a file that ends in .npz or .csv")
    if output is not None and output.resolve() in (data.resolve(), weights.resolve()):
        raise click.UsageError(f"-o {output} would replace an input file")
    if over_time and suffix != ".npz":
        raise click.UsageError("--over-time needs -o with a file that ends in .npz")
    if over_time and simulator == "keras":
        raise click.UsageError("--over-time needs spikes, but Keras has no spikes")
    # Numbers of threads that the user has set stay.
    os.environ.update(ONE_THREAD | os.environ)
    options.quiet_tensorflow(simulator)
    with options.one_line_errors():
        run = PredictOptions(simulator=simulator, over_time=over_time)
        prediction = verb.predict(open_package(package), data, weights, run)
        if output is None:
            printing.print_data(prediction.csv())
        else:
            prediction.write(output)
            printing.say(f"wrote {output}")
    return 0
