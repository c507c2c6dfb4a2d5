"""``snnc evaluate``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snnc.cli import INTERRUPTED
from snnc.cli.options import (
    DATA,
    WEIGHTS,
    Renamed,
    count_option,
    examples_option,
    force_option,
    format_option,
    one_line_errors,
    path_option,
    picture_option,
    quiet_tensorflow,
    refuse_existing,
    refuse_pictures,
    simulator_option,
)
from snnc.cli.printing import print_lines, print_result, say
from snnc.tools.evaluate.options import (
    EvaluateOptions,
    OptionError,
    Presentation,
    require_simulator,
)

if TYPE_CHECKING:
    from snnc.tools.evaluate.evaluation import Evaluation

LEARNING_SIMULATORS = ("exact", "loihi", "nengo")


@click.command(
    "evaluate",
    epilog="Example: snnc evaluate models/drift --data test.npz"
    " --weights drift.safetensors",
)
@click.argument("package", type=click.Path(path_type=Path))
@path_option("--data", help=DATA, required=True, metavar="PATH")
@path_option("--weights", help=WEIGHTS, required=True)
@simulator_option
@examples_option
@count_option("--seed", help="Seed for shuffling the examples.", least=0, default=0)
@count_option(
    "--steps",
    help="Time steps per example; exact only  [default: from the spec]",
    least=2,
)
@count_option(
    "--workers",
    help="Distribute the examples to N processes with one thread each; exact only. By"
    " default, one process uses one thread per core.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Distribute the examples to a Dask cluster; exact only.",
)
@click.option(
    "--presentation",
    type=click.Choice(["row", "rest"]),
    help="row (default): examples in a row, with the state carried over as on the"
    " chip, and a reset after every 200 examples. rest: a reset before each example.",
)
@click.option(
    "-o",
    "--output",
    cls=Renamed,
    former="--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file for the outputs of each example; exact only  [default: a file"
    " .evaluation.jsonl next to the weights]",
)
@path_option(
    "--examples-out",
    help="Write a CSV file with one row per example: its label, and the predictions"
    " of Keras and of the chip; exact only.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run.")
@click.option(
    "--compare",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Compare the spikes with FILE, which the package's board.py wrote. Prints"
    " only the first difference and its likely cause.",
)
@path_option(
    "--adapt",
    help="Labelled examples for a readout with `learn pes`. Evaluate, let the readout"
    " learn from these examples, and evaluate again.",
    metavar="PATH",
)
@path_option("--weights-out", help="The file for the weights that --adapt learned.")
@force_option
@click.option(
    "--strict", is_flag=True, help="Exit with 1 if a layer misses its rate budget."
)
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="FRACTION",
    help="Exit with 1 if the accuracy is below FRACTION, such as 0.9.",
)
@format_option("Output format; html is a page with plots.", "html")
@picture_option("accuracy and energy against presentation time")
def evaluate_command(
    package: Path,
    data: Path,
    weights: Path,
    compare: Path | None,
    adapt: Path | None,
    weights_out: Path | None,
    force: bool,
    strict: bool,
    min_accuracy: float | None,
    form: str,
    picture: Path | None,
    **options: Any,
) -> int:
    """Run the generated package in the folder PACKAGE on data.

    Prints the accuracy or the error (also for shorter presentations), the spikes and
    the energy per example, and the rates with their budgets. If TensorFlow is
    installed, the command also compares the package with its Keras model, in total and
    layer by layer.
    """
    checked = _check_options(weights, **options)
    if strict and checked.simulator == "keras":
        raise click.UsageError("--strict needs spikes, but Keras has no spikes")
    if compare is not None and (checked.simulator != "exact" or form != "text"):
        raise click.UsageError("--compare uses the exact engine and prints text")
    if compare is not None and min_accuracy is not None:
        raise click.UsageError("--compare has no accuracy: leave out --min-accuracy")
    if adapt is not None and (options["output"] or compare) is not None:
        raise click.UsageError(
            "--adapt excludes -o and --compare; --weights-out writes the weights"
        )
    _check_adapt(adapt, weights_out, checked, form)
    refuse_existing(force, weights_out)
    refuse_pictures(picture)
    quiet_tensorflow(checked.simulator)
    if checked.simulator == "exact":
        # The matrices are small, so more threads would only wait for each other.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from snnc.tools.evaluate.verb import evaluate_with  # after setting the environment

    with one_line_errors():
        require_simulator(checked.simulator, checked.dask is not None)
        if compare is not None:
            return _compare(package, data, weights, compare)
        with _status("reading the package, weights and data"):  # and slow imports
            importlib.import_module("snnc.tools.evaluate.run")
        if adapt is not None:
            from snnc.tools.adapt import evaluate_adapted

            adapted = evaluate_adapted(
                checked, package, data, weights, adapt, weights_out
            )
            print_result(adapted, form)
            if picture is not None:
                from snnc.tools.plots.style import save

                save(adapted.learning.plot_accuracy(), picture)
            return _verdict(adapted.after, package, strict, min_accuracy)
        try:
            found = evaluate_with(checked, package, (data, None), weights)
        except KeyboardInterrupt:
            if checked.output is not None and Path(checked.output).exists():
                say(f"interrupted: `--resume` continues from {checked.output}")
            return INTERRUPTED
    print_result(found, form)
    if picture is not None:
        from snnc.tools.pictures import plot  # most runs don't draw

        plot(found, file=picture)
    return _verdict(found, package, strict, min_accuracy)


def _verdict(
    found: Evaluation, package: Path, strict: bool, min_accuracy: float | None
) -> int:
    """Print which limits are not met, and return the exit status."""
    if strict and found.missed:
        say(
            f"error: rates not held: {', '.join(found.missed)}; give them a wider "
            "`rate` and train again, or scale the weights with "
            f"`snnc calibrate {package}`"
        )
        return 1
    if (low := _too_inaccurate(min_accuracy, found)) is not None:
        say(f"error: {low}")
        return 1
    return 0


def _check_adapt(
    adapt: Path | None, weights_out: Path | None, options: EvaluateOptions, form: str
) -> None:
    """Refuse options that conflict with ``--adapt`` or require it."""
    if adapt is None:
        if weights_out is not None:
            raise click.UsageError("--weights-out needs --adapt with examples")
        return
    if options.simulator not in LEARNING_SIMULATORS:
        learning = ", ".join(LEARNING_SIMULATORS)
        raise click.UsageError(f"--adapt works only with the simulators {learning}")
    if options.resume or options.examples_out is not None or form == "html":
        raise click.UsageError(
            "--adapt evaluates twice: leave out --resume, --examples-out and html"
        )


def _check_options(
    weights: Path,
    output: Path | None,
    presentation: Presentation | None,
    **options: Any,
) -> EvaluateOptions:
    """Return the options; refuse options without effect.

    Pipes are also refused, because they can be read only once.
    """
    examples_out, simulator = options["examples_out"], options["simulator"]
    try:
        checked = EvaluateOptions(
            output=output, presentation=presentation or "row", **options
        )
    except OptionError as error:
        flag = "-o" if error.option == "output" else f"--{error.option}"
        flag = flag.replace("_", "-")
        raise click.UsageError(f"{flag} needs `--simulator exact`") from error
    journal = output or weights.parent / f"{weights.stem}.evaluation.jsonl"
    for path in (weights, journal):
        if path.is_fifo():
            raise click.UsageError(f"{path} is a pipe: name a file")
    if examples_out is not None and examples_out.suffix != ".csv":
        # After swapping arguments by mistake, the output could replace data or weights.
        raise click.UsageError(
            "--examples-out writes CSV: name a file that ends in .csv"
        )
    if presentation is not None and simulator == "keras":
        raise click.UsageError("--presentation needs spikes, but Keras has no spikes")
    if checked.dask is not None and checked.workers is not None:
        raise click.UsageError("a cluster has its own workers: leave out --workers")
    return replace(checked, output=journal) if simulator == "exact" else checked


def _too_inaccurate(least: float | None, found: Evaluation) -> str | None:
    if least is None or (found.accuracy is not None and found.accuracy >= least):
        return None
    if found.accuracy is None:
        return f"--min-accuracy needs classes, but {found.network} has none"
    reached = f"{100 * found.accuracy:.2f} %, below --min-accuracy {least:g}"
    return f"the accuracy is {reached}"


def _compare(package: Path, data: Path, weights: Path, recording: Path) -> int:
    from snnc.tools.board.compare import compare  # imports NumPy

    found = compare(package, data, weights, recording)
    print_lines(str(found))
    return 0 if found.agrees else 1


@contextmanager
def _status(doing: str) -> Iterator[None]:
    """Show the current activity on a terminal."""
    shown = sys.stderr.isatty()
    if shown:
        click.echo(doing, nl=False, err=True)
    try:
        yield
    finally:
        if shown:
            click.echo("\r" + " " * len(doing) + "\r", nl=False, err=True)
