"""``snnc evaluate``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.options import Option, Renamed, format_option
from snnc.cli.printing import print_data, print_json, print_lines, say
from snnc.runtime.files import reason

if TYPE_CHECKING:
    from snnc.api.evaluations import Evaluation
    from snnc.tools.results import Result


SIMULATORS = ("exact", "loihi", "nengo", "nengo_dl", "keras")
DATA = "An .npz file with x and y, or a folder with x.npy and y.npy."
WEIGHTS = "The weights from training, a safetensors file."

simulator_option = click.option(
    "--simulator",
    type=click.Choice(SIMULATORS),
    default="exact",
    show_default=True,
    help="exact: the same spikes as nengo-loihi's emulator, 100 times faster.",
)
examples_option = click.option(
    "--examples", type=click.IntRange(1), help="Run only N examples, drawn by the seed."
)


def file_option(name: str, help_text: str, required: bool = False) -> Option:
    """Return an option for an input file or folder."""
    path = click.Path(path_type=Path)
    return click.option(name, type=path, required=required, help=help_text)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """The options of the command; None means not given."""

    package: Path
    data: Path
    weights: Path
    simulator: str
    examples: int | None
    seed: int
    steps: int | None
    workers: int | None
    dask: str | None
    presentation: str | None
    output: Path | None
    examples_out: Path | None
    resume: bool
    strict: bool
    min_accuracy: float | None
    form: str
    plot: Path | None
    compare: Path | None

    @property
    def resumable(self) -> bool:
        return self.simulator == "exact"

    @property
    def journal(self) -> Path:
        beside = self.weights.parent / f"{self.weights.stem}.evaluation.jsonl"
        return self.output or beside


def refuse_at_odds(asked: EvaluationRequest) -> None:
    """Refuse options without effect, and pipes, which can be read only once."""
    for path in (asked.weights, asked.journal):
        if path.is_fifo():
            raise click.UsageError(f"{path} is a pipe: name a file")
    exact = asked.simulator == "exact"
    only = {
        "--steps": asked.steps,
        "--workers": asked.workers,
        "--dask": asked.dask,
        "-o": asked.output,
        "--examples-out": asked.examples_out,
        "--resume": asked.resume or None,
    }
    for name, value in only.items():
        if value is not None and not exact:
            raise click.UsageError(f"{name} is for `--simulator exact`")
    if asked.examples_out is not None and asked.examples_out.suffix != ".csv":
        # A wrong order of arguments could name data or weights, which it would replace.
        raise click.UsageError(
            "--examples-out writes CSV: name a file that ends in .csv"
        )
    if asked.presentation is not None and asked.simulator == "keras":
        raise click.UsageError("--presentation is for spikes, and Keras has no spikes")
    if asked.strict and asked.simulator == "keras":
        raise click.UsageError("--strict is for spikes, and Keras has no spikes")
    if asked.compare is not None and (not exact or asked.form != "text"):
        raise click.UsageError("--compare is with the exact engine, and prints text")
    if asked.compare is not None and asked.min_accuracy is not None:
        raise click.UsageError("--compare has no accuracy: leave --min-accuracy out")
    if asked.dask is not None and asked.workers is not None:
        raise click.UsageError("a cluster has its own workers: leave --workers out")


INTERRUPTED = 130


@click.command(
    "evaluate",
    epilog="Example: snnc evaluate models/drift --data test.npz"
    " --weights drift.safetensors",
)
@click.argument("package", type=click.Path(path_type=Path))
@file_option("--data", DATA, required=True)
@file_option("--weights", WEIGHTS, required=True)
@simulator_option
@examples_option
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed for shuffling the examples.",
)
@click.option(
    "--steps",
    type=click.IntRange(2),
    help="Time steps per example; exact only  [default: from the spec]",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Share the examples among N processes with one thread each; exact only. By"
    " default, one process has a thread per core.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Share the examples on a Dask cluster; exact only.",
)
@click.option(
    "--presentation",
    type=click.Choice(["row", "rest"]),
    help="row (default): examples in a row, with the state carried over as on the"
    " chip, and a reset every 200. rest: a reset before each example.",
)
@click.option(
    "-o",
    "--output",
    cls=Renamed,
    former="--out",
    type=click.Path(path_type=Path),
    help="The file for the outputs of each example; exact only  [default: a file"
    " .evaluation.jsonl next to the weights]",
)
@click.option(
    "--examples-out",
    type=click.Path(path_type=Path),
    help="Write a CSV file with one row per example: label, Keras, chip; exact only.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run.")
@click.option(
    "--compare",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Instead, compare with what the package's board.py wrote, spike for spike:"
    " the first difference, and its likely cause.",
)
@click.option(
    "--strict", is_flag=True, help="Exit with 1 if a layer misses its rate budget."
)
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Exit with 1 if the accuracy is below SHARE, such as 0.9.",
)
@format_option("Output format; html is one page with pictures.", "html")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also draw accuracy and energy over presentation time: .png, .svg or .pdf.",
)
def evaluate_command(**options: object) -> int:
    """Run the generated package in the folder PACKAGE on data.

    Prints the accuracy or error, also for shorter presentations, the spikes and the
    energy per example, and rates with their budgets. If TensorFlow is installed, it
    also compares with the Keras model, as a whole and layer by layer.
    """
    asked = EvaluationRequest(**options)  # type: ignore[arg-type]
    refuse_at_odds(asked)
    if asked.plot is not None:
        from snnc.api.pictures import check_file

        try:
            check_file(asked.plot)
        except (ValueError, ModuleNotFoundError) as error:
            raise click.UsageError(str(error)) from error
    return _run(asked)


def _run(asked: EvaluationRequest) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    if asked.simulator == "exact":
        # The matrices are small: more threads would only wait for each other.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from snnc.api.evaluations import require_extras
    from snnc.evaluate.refusals import RefusedRunError

    try:
        require_extras(asked.simulator, asked.dask is not None)  # type: ignore[arg-type]
    except RefusedRunError as error:
        say(f"error: {error}")
        return 1
    from snnc.exact.package import CannotRunError
    from snnc.runtime.data import DataError
    from snnc.runtime.layout import LayoutError

    try:
        if asked.compare is not None:
            return _compare(asked, asked.compare)
        evaluation = _evaluate(asked)
    except (RefusedRunError, CannotRunError, DataError, LayoutError) as error:
        first, *others = str(error).split("\n  ")
        say(f"error: {first}")
        for line in others:
            say(f"  - {line}")
        return 1
    except OSError as error:
        say(f"error: {reason(error)}")
        return 1
    except KeyboardInterrupt:
        if asked.resumable and asked.journal.exists():
            say(f"interrupted: `--resume` continues from {asked.journal}")
        return INTERRUPTED
    result = evaluation.result
    if asked.form == "json":
        print_json(result.as_dict())
    elif asked.form == "html":
        print_data(evaluation.html())
    else:
        print_lines(str(result))
    if asked.plot is not None:
        from snnc.api.pictures import plot

        plot(evaluation, file=asked.plot)
    if asked.strict and result.missed:
        say(
            f"error: rates not held: {', '.join(result.missed)}; give them a wider "
            "`rate` and train again, or scale the weights with "
            f"`snnc calibrate {asked.package}`"
        )
        return 1
    if (low := _too_inaccurate(asked.min_accuracy, result)) is not None:
        say(f"error: {low}")
        return 1
    return 0


def _too_inaccurate(least: float | None, result: Result) -> str | None:
    """Return why an accuracy is not enough; None if it is."""
    if least is None or (result.accuracy is not None and result.accuracy >= least):
        return None
    if result.accuracy is None:
        return f"--min-accuracy is for classes, and {result.network} has none"
    found = f"{100 * result.accuracy:.2f} %, below --min-accuracy {least:g}"
    return f"the accuracy is {found}"


def _compare(asked: EvaluationRequest, recording: Path) -> int:
    from snnc.evaluate.compare import compare

    found = compare(asked.package, asked.data, asked.weights, recording)
    print_lines(str(found))
    return 0 if found.agrees else 1


def _evaluate(asked: EvaluationRequest) -> Evaluation:
    from snnc.api.evaluations import evaluate

    with _status("reading the package, weights and data"):  # and what takes seconds
        importlib.import_module("snnc.evaluate.run")
    exact = asked.simulator == "exact"
    return evaluate(
        asked.package,
        asked.data,
        weights=asked.weights,
        simulator=asked.simulator,  # type: ignore[arg-type]
        examples=asked.examples,
        seed=asked.seed,
        steps=asked.steps,
        presentation=asked.presentation or "row",  # type: ignore[arg-type]
        workers=asked.workers,
        dask=asked.dask,
        output=asked.journal if exact else None,
        resume=asked.resume,
        examples_out=asked.examples_out,
    )


@contextmanager
def _status(doing: str) -> Iterator[None]:
    """Show the current step on a terminal."""
    shown = sys.stderr.isatty()
    if shown:
        click.echo(doing, nl=False, err=True)
    try:
        yield
    finally:
        if shown:
            click.echo("\r" + " " * len(doing) + "\r", nl=False, err=True)
