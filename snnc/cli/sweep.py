"""``snnc sweep`` and ``snnc plot``: comparisons of variants, and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from snnc.cli import INTERRUPTED
from snnc.cli.options import (
    DATA,
    WEIGHTS,
    chosen_device,
    count_option,
    examples_option,
    format_option,
    one_line_errors,
    output_option,
    path_option,
    picture_option,
    quiet_tensorflow,
    refuse_pictures,
    simulator_option,
)
from snnc.cli.printing import print_diagnostics, print_result, say
from snnc.loihi.profile import DEFAULT
from snnc.tools import plots

if TYPE_CHECKING:
    from snnc.tools.evaluate.options import Simulator
    from snnc.tools.pictures import Kind


@click.command(
    "sweep",
    epilog="Example: snnc sweep specs/drift.snn --set c0.filters=8,16,24"
    " --set timing.present=60,100",
)
@click.argument("spec", type=click.Path())
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="NAME.PROPERTY=VALUES",
    help="Values of a property, separated by commas; all combinations are tried.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Train only variants that meet a condition: `cores <= 4`, `energy < 2 uJ`.",
)
@path_option(
    "--data",
    help="An .npz file with x and y: evaluate each variant on the exact engine.",
    metavar="PATH",
)
@click.option("--train", is_flag=True, help="Train each variant on the data first.")
@path_option(
    "--test",
    help="Data for the evaluation, instead of a fifth of the training data.",
    metavar="PATH",
)
@path_option("--weights", help="Weights for the evaluation, instead of training.")
@count_option("--epochs", help="Epochs  [default: from the spec]")
@click.option(
    "--phases",
    default="smooth,scale",
    show_default=True,
    metavar="PHASE,...",
    help="Phases of each training; `smooth,scale,spikes` takes several times longer.",
)
@count_option("--examples", help="Evaluate on N examples, drawn with the seed.")
@count_option(
    "--seed",
    help="Seed for drawing the examples; the initial weights depend on `train.seed`.",
    least=0,
    default=0,
)
@count_option(
    "--seeds",
    help="Train each variant N times, with `train.seed`, the next seed, and so on;"
    " print means and standard deviations.",
    default=1,
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="sweep",
    show_default=True,
    help="The folder of the results; finished variants are not repeated.",
)
@count_option("--workers", help="Number of processes  [default: one per processor]")
@click.option("--dask", metavar="ADDRESS", help="Use a Dask cluster instead.")
@picture_option("accuracy against energy")
@picture_option("accuracy against cores", "picture-cores")
@format_option("Output format; html is a page with plots.", "csv", "markdown", "html")
def sweep_command(
    spec: str,
    settings: tuple[str, ...],
    train: bool,
    phases: str,
    picture: Path | None,
    picture_cores: Path | None,
    form: str,
    **options: Any,
) -> int:
    """Compare variants of SPEC in cores, weights, energy and, with data, accuracy.

    Run the same command again to continue an interrupted sweep.
    """
    _refuse_at_odds(train, picture or picture_cores, **options)
    refuse_pictures(picture, picture_cores)
    from snnc.syntax.settings import NoSettingError  # not needed by `plot`
    from snnc.tools.opening import SpecError
    from snnc.tools.pictures import plot
    from snnc.tools.sweep import sweep

    device = chosen_device() or DEFAULT
    with one_line_errors(ValueError):
        try:
            chosen: Any = tuple(phases.split(","))
            found = sweep(
                spec, settings, phases=chosen, device=device, progress=True, **options
            )
        except SpecError as error:
            print_diagnostics(error)
            return 1
        except NoSettingError as error:
            raise click.UsageError(f"--set {error}") from error
        except KeyboardInterrupt:
            say(f"interrupted: the same command continues from {options['output']}")
            return INTERRUPTED
    print_result(found, form)
    with one_line_errors(ValueError):
        if picture is not None:
            plot(found, "sweep", file=picture)
        if picture_cores is not None:
            plot(found, "sweep-cores", file=picture_cores)
    return 1 if all(variant.problem for variant in found) else 0


def _refuse_at_odds(
    train: bool,
    picture: Path | None,
    *,
    data: Path | None,
    test: Path | None,
    weights: Path | None,
    seeds: int,
    workers: int | None,
    dask: str | None,
    **_: object,
) -> None:
    if data is None and (train or test or weights or picture):
        raise click.UsageError("--train, --test, --weights and --picture need --data")
    if data is not None and train == (weights is not None):
        raise click.UsageError("with --data, give one of --train and --weights")
    if test is not None and not train:
        raise click.UsageError(
            "--test needs --train; without training, evaluate on --data"
        )
    if dask is not None and workers is not None:
        raise click.UsageError("a cluster has its own workers: leave out --workers")
    if seeds > 1 and not train:
        raise click.UsageError("--seeds needs --train")


KINDS = (
    "network", "cores", "accuracy", "raster", "rates", "confusion", "predictions",
    "correlation",
)  # fmt: skip
_OF_RUNS = ("data", "weights", "simulator", "examples", "example")


@click.command("plot", epilog="Example: snnc plot specs/drift.snn -o drift.svg")
@click.argument("what", metavar="SPEC|PACKAGE", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="network",
    show_default=True,
    help="All kinds except network and cores need a package, --data and --weights.",
)
@output_option(
    "-o", "--output", help="The file to write: .png, .svg or .pdf.", required=True
)
@path_option("--data", help=DATA, metavar="PATH")
@path_option("--weights", help=WEIGHTS)
@simulator_option
@examples_option
@count_option("--example", help="The example for the raster.", least=0, default=0)
@click.option("--dark", is_flag=True, help="Use a dark background.")
def plot_command(
    what: Path,
    kind: Kind,
    output: Path,
    data: Path | None,
    weights: Path | None,
    simulator: Simulator,
    examples: int | None,
    example: int,
    dark: bool,
) -> int:
    """Draw a network, its cores, or its results on data."""
    runs = kind not in ("network", "cores")
    if runs and (data is None or weights is None):
        raise click.UsageError(f"--kind {kind} needs --data and --weights")
    needless = () if kind == "raster" else ("example",) if runs else (*_OF_RUNS,)
    if typed := " ".join(f"--{name}" for name in needless if _is_typed(name)):
        raise click.UsageError(f"--kind {kind} does not use {typed}")
    from snnc.tools.evaluate.verb import evaluate  # not needed by `sweep`
    from snnc.tools.opening import SpecError
    from snnc.tools.pictures import Drawable, plot
    from snnc.tools.spec import load

    drawn: Drawable = what
    with one_line_errors(ValueError, IndexError):
        plots.check_file(output)
        try:
            if runs:
                quiet_tensorflow(simulator)
                drawn = evaluate(
                    what,
                    data,
                    weights=weights,
                    simulator=simulator,
                    examples=examples,
                )
            elif not what.is_dir() and chosen_device() is not None:
                drawn = load(what, chosen_device() or DEFAULT)
            plot(drawn, kind, file=output, dark=dark, example=example)
        except SpecError as error:
            print_diagnostics(error)
            return 1
    say(f"{output.as_posix()} written")
    return 0


def _is_typed(option: str) -> bool:
    context = click.get_current_context()
    return context.get_parameter_source(option) is ParameterSource.COMMANDLINE
