"""``snnc sweep`` and ``snnc plot``: comparisons of variants, and pictures."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from snnc.cli.evaluate import (
    DATA,
    WEIGHTS,
    examples_option,
    file_option,
    simulator_option,
)
from snnc.cli.options import chosen_device, format_option
from snnc.cli.printing import print_data, print_json, print_lines, say
from snnc.loihi.profile import DEFAULT
from snnc.runtime.files import reason

if TYPE_CHECKING:
    from snnc.api.sweeps import Sweep

INTERRUPTED = 130


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
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="An .npz file with x and y: evaluate each variant on the exact engine.",
)
@click.option("--train", is_flag=True, help="Train each variant on the data first.")
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    help="Data for the evaluation, instead of a fifth of the training data.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Weights for the evaluation, instead of training.",
)
@click.option(
    "--epochs", type=click.IntRange(1), help="Epochs  [default: from the spec]"
)
@click.option(
    "--phases",
    default="smooth,scale",
    show_default=True,
    metavar="PHASE,...",
    help="Phases of each training; `smooth,scale,spikes` takes several times longer.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    help="Evaluate on N examples, drawn by the seed.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of the examples; initial weights follow `train.seed`.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Train each variant N times, with `train.seed`, the next seed, and so on;"
    " print means and standard deviations.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="sweep",
    show_default=True,
    help="The folder of the results; finished variants are not repeated.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Number of processes  [default: one per processor]",
)
@click.option("--dask", metavar="ADDRESS", help="Use a Dask cluster instead.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also draw accuracy over energy: .png, .svg or .pdf.",
)
@click.option(
    "--plot-cores",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also draw accuracy over cores: .png, .svg or .pdf.",
)
@format_option(
    "Output format; html is one page with pictures.", "csv", "markdown", "html"
)
def sweep_command(
    spec: str,
    settings: tuple[str, ...],
    where: tuple[str, ...],
    data: Path | None,
    train: bool,
    test: Path | None,
    weights: Path | None,
    epochs: int | None,
    phases: str,
    examples: int | None,
    seed: int,
    seeds: int,
    output: Path,
    workers: int | None,
    dask: str | None,
    plot: Path | None,
    plot_cores: Path | None,
    form: str,
) -> int:
    """Compare variants of SPEC in cores, weights and energy; with data, in accuracy.

    Run the same command again to continue an interrupted sweep.
    """
    plots = {"sweep": plot, "sweep-cores": plot_cores}
    pictures = {kind: file for kind, file in plots.items() if file is not None}
    _refuse_at_odds(data, train, test, weights, pictures.values(), workers, dask)
    if seeds > 1 and not train:
        raise click.UsageError("--seeds is for --train")
    from snnc.api.problems import SpecError
    from snnc.api.sweeps import sweep
    from snnc.syntax.settings import NoSettingError

    try:
        swept = sweep(
            spec,
            settings,
            where=where,
            data=data,
            test=test,
            weights=weights,
            epochs=epochs,
            phases=tuple(phases.split(",")),  # type: ignore[arg-type]
            examples=examples,
            seed=seed,
            seeds=seeds,
            output=output,
            workers=workers,
            dask=dask,
            device=chosen_device() or DEFAULT,
            progress=True,
        )
    except SpecError as error:
        click.echo(str(error), err=True)  # which is printable
        return 1
    except NoSettingError as error:
        raise click.UsageError(f"--set {error}") from error
    except (ValueError, OSError, ModuleNotFoundError) as error:
        say(f"error: {reason(error)}")
        return 1
    except KeyboardInterrupt:
        say(f"interrupted: the same command continues from {output}")
        return INTERRUPTED
    if form == "json":
        print_json(swept.as_dict())
    elif form == "html":
        print_data(swept.html())
    else:
        written = {"csv": swept.csv, "markdown": swept.markdown}
        print_lines(written.get(form, swept.__str__)())
    if not all(_draw(swept, kind, file) for kind, file in pictures.items()):
        return 1
    return 1 if all(variant.problem for variant in swept.variants) else 0


def _draw(swept: Sweep, kind: str, file: Path) -> bool:
    """Draw a sweep; return False after an error message."""
    from snnc.api.pictures import plot

    try:
        plot(swept, kind, file=file)  # type: ignore[arg-type]
    except (ValueError, OSError) as error:
        say(f"error: {reason(error)}")
        return False
    return True


def _refuse_at_odds(
    data: Path | None,
    train: bool,
    test: Path | None,
    weights: Path | None,
    plots: Collection[Path],
    workers: int | None,
    dask: str | None,
) -> None:
    if data is None and (train or test or weights or plots):
        raise click.UsageError("--train, --test, --weights and --plot need --data")
    if data is not None and train == (weights is not None):
        raise click.UsageError("with --data, give one of --train and --weights")
    if test is not None and not train:
        raise click.UsageError("--test is for --train: evaluate on --data")
    if dask is not None and workers is not None:
        raise click.UsageError("a cluster has its own workers: leave --workers out")
    if plots:
        from snnc.api.pictures import check_file

        try:
            for file in plots:
                check_file(file)
        except (ValueError, ModuleNotFoundError) as error:
            raise click.UsageError(str(error)) from error


KINDS = (
    "network", "cores", "accuracy", "raster", "rates", "confusion", "correlation",
)  # fmt: skip
_OF_RUNS = ("data", "weights", "simulator", "examples", "example")


@click.command("plot", epilog="Example: snnc plot specs/drift.snn -o drift.svg")
@click.argument("what", metavar="SPEC|PACKAGE", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="network",
    show_default=True,
    help="All except network and cores run a package on --data with --weights.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write: .png, .svg or .pdf.",
)
@file_option("--data", DATA)
@file_option("--weights", WEIGHTS)
@simulator_option
@examples_option
@click.option(
    "--example",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The example for the raster.",
)
@click.option("--dark", is_flag=True, help="Use a dark background.")
def plot_command(
    what: Path,
    kind: str,
    output: Path,
    data: Path | None,
    weights: Path | None,
    simulator: str,
    examples: int | None,
    example: int,
    dark: bool,
) -> int:
    """Draw a network, its cores, or its results on data."""
    from snnc.api.pictures import OF_SPECS, check_file, plot
    from snnc.api.problems import SpecError

    runs = kind not in OF_SPECS
    if runs and (data is None or weights is None):
        raise click.UsageError(f"--kind {kind} needs --data and --weights")
    needless = () if kind == "raster" else ("example",) if runs else (*_OF_RUNS,)
    if typed := " ".join(f"--{name}" for name in needless if _is_typed(name)):
        raise click.UsageError(f"with --kind {kind} nothing reads {typed}")
    try:
        check_file(output)
        if not runs:
            from snnc.api.specs import load

            device = chosen_device()
            drawn = what if what.is_dir() or device is None else load(what, device)
            plot(drawn, kind, file=output, dark=dark)  # type: ignore[arg-type]
        else:
            from snnc.api.evaluations import evaluate

            evaluation = evaluate(
                what,
                data,
                weights=weights,
                simulator=simulator,  # type: ignore[arg-type]
                examples=examples,
            )
            plot(evaluation, kind, file=output, dark=dark, example=example)  # type: ignore[arg-type]
    except SpecError as error:
        click.echo(str(error), err=True)  # which is printable
        return 1
    except (ValueError, IndexError, ModuleNotFoundError, OSError) as error:
        say(f"error: {reason(error)}")
        return 1
    say(f"{output.as_posix()} written")
    return 0


def _is_typed(option: str) -> bool:
    context = click.get_current_context()
    return context.get_parameter_source(option) is ParameterSource.COMMANDLINE
