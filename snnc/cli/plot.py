"""``snnc plot``."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from snnc.cli.evaluate import (
    DATA,
    WEIGHTS,
    examples_option,
    file_option,
    simulator_option,
)
from snnc.cli.options import chosen_device
from snnc.cli.printing import say

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
    help="All but network and cores run a package on --data with --weights.",
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
    help="The one whose raster is drawn.",
)
@click.option("--dark", is_flag=True, help="Draw on dark ground.")
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
    """Draw a network, its cores, or what it does with data."""
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
        for line in str(error).split("\n"):
            say(line)
        return 1
    except (ValueError, IndexError, ModuleNotFoundError, OSError) as error:
        say(f"error: {error}")
        return 1
    say(f"{output.as_posix()} written")
    return 0


def _is_typed(option: str) -> bool:
    context = click.get_current_context()
    return context.get_parameter_source(option) is ParameterSource.COMMANDLINE
