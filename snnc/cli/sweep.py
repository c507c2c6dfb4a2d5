"""``snnc sweep`` and ``snnc plot``: comparisons of variants, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snnc.cli import INTERRUPTED, options, printing
from snnc.interface.spec_options import PlotOptions
from snnc.interface.sweep_options import SweepOptions
from snnc.verbs.evaluate.options import EvaluateOptions
from snnc.views import plots

if TYPE_CHECKING:
    from snnc.interface.spec_options import Drawable, Kind


@click.command(
    "sweep",
    epilog="Example: snnc sweep specs/drift.snn --set c0.filters=8,16,24"
    " --set timing.present=60,100",
)
@options.spec
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="NAME.PROPERTY=VALUES",
    help="Values of a property, separated by commas; all combinations are tried.",
)
@options.flag("--train", help="Train each variant on the data first.")
@options.of(SweepOptions)
@options.picture("accuracy against energy")
@options.picture("accuracy against cores", "--picture-cores")
@options.output_format(
    "Output format; html is a page with plots.", "csv", "markdown", "html"
)
def sweep_command(
    spec: str,
    settings: tuple[str, ...],
    *,
    train: bool,
    picture: Path | None,
    picture_cores: Path | None,
    form: str,
    **wanted: Any,
) -> int:
    """Compare variants of SPEC in cores, weights, energy and, with data, accuracy.

    Run the same command again to continue an interrupted sweep.
    """
    _refuse_options(wanted, train=train, draws=any((picture, picture_cores)))
    from snnc.interface.functions import plot
    from snnc.interface.sweep import sweep
    from snnc.syntax.settings import NoSettingError  # not needed by `plot`

    with options.one_line_errors(ValueError):
        try:
            variants = sweep(
                spec,
                settings,
                progress=True,
                device=options.device_name(),
                **wanted,
            )
        except NoSettingError as error:
            raise click.UsageError(f"--set {error}") from error
        except KeyboardInterrupt:
            saved = wanted["output"]
            printing.say(f"interrupted: the same command continues from {saved}")
            return INTERRUPTED
        printing.print_result(variants, form)
        if picture is not None:
            plot(variants, "sweep", file=picture)
        if picture_cores is not None:
            plot(variants, "sweep-cores", file=picture_cores)
    return 1 if all(variant.problem for variant in variants) else 0


def _refuse_options(wanted: Mapping[str, Any], *, train: bool, draws: bool) -> None:
    """Refuse options of a sweep that contradict each other."""
    needs_data = any((train, draws, wanted["test"], wanted["weights"]))
    if wanted["data"] is None:
        if needs_data:
            raise click.UsageError(
                "--train, --test, --weights and --picture need --data"
            )
    elif train == (wanted["weights"] is not None):
        raise click.UsageError("with --data, give one of --train and --weights")
    if wanted["test"] and not train:
        raise click.UsageError(
            "--test needs --train; without training, evaluate on --data"
        )
    if None not in (wanted["dask"], wanted["workers"]):
        raise click.UsageError("a cluster has its own workers: leave out --workers")


_OF_SPEC = ("network", "cores")
_OF_RUNS = ("data", "weights", "simulator", "examples", "example")


@click.command("plot", epilog="Example: snnc plot specs/drift.snn -o drift.svg")
@click.argument("what", metavar="SPEC|PACKAGE", type=click.Path(path_type=Path))
@options.file(
    "-o", "--output", help="The file to write: .png, .svg or .pdf.", required=True
)
@options.path("--data", help=options.DATA, metavar="PATH")
@options.path("--weights", help=options.WEIGHTS)
@options.of(EvaluateOptions, "simulator", "examples")
@options.of(PlotOptions)
def plot_command(
    what: Path,
    kind: Kind | None,
    output: Path,
    data: Path | None,
    weights: Path | None,
    *,
    example: int,
    dark: bool,
    **run: Any,
) -> int:
    """Draw a network, its cores, or its results on data."""
    kind = kind or "network"
    runs = kind not in _OF_SPEC
    if runs and None in (data, weights):
        raise click.UsageError(f"--kind {kind} needs --data and --weights")
    _refuse_unused(kind)
    from snnc.interface.functions import plot
    from snnc.interface.objects import evaluate, load  # not needed by `sweep`

    drawn: Drawable = what
    with options.one_line_errors(ValueError, IndexError):
        plots.check_file(output)
        if runs:
            options.quiet_tensorflow(run["simulator"])
            drawn = evaluate(what, data, weights=weights, **run)
        elif not what.is_dir():
            drawn = load(what, options.device_name())
        plot(drawn, kind, file=output, dark=dark, example=example)
    printing.say(f"{output.as_posix()} written")
    return 0


def _refuse_unused(kind: Kind) -> None:
    """Refuse options that a kind of picture does not use."""
    unused: Sequence[str] = ("example",)
    if kind in _OF_SPEC:
        unused = _OF_RUNS
    elif kind == "raster":
        unused = ()
    typed = " ".join(f"--{name}" for name in unused if options.is_typed(name))
    if typed:
        raise click.UsageError(f"--kind {kind} does not use {typed}")
