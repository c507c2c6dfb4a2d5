"""``snnc predict``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.options import (
    WEIGHTS,
    one_line_errors,
    output_option,
    path_option,
    quiet_tensorflow,
    simulator_option,
)
from snnc.cli.printing import print_data

if TYPE_CHECKING:
    from snnc.tools.evaluate.options import Simulator

DATA = "An .npz file with x, an .npy file, or a folder with x.npy."


@click.command(
    "predict",
    epilog="Example: snnc predict models/drift --data new.npz"
    " --weights drift.safetensors -o labels.csv",
)
@click.argument("package", type=click.Path(path_type=Path))
@path_option("--data", help=DATA, required=True, metavar="PATH")
@path_option("--weights", help=WEIGHTS, required=True)
@output_option(
    "-o",
    "--output",
    help="The file to write, .npz or .csv. Without it, the CSV table is printed.",
)
@simulator_option
@click.option(
    "--over-time", is_flag=True, help="Also write the outputs of each step, in .npz."
)
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
    if output is not None and output.suffix not in (".npz", ".csv"):
        raise click.UsageError(f"-o {output}: name a file that ends in .npz or .csv")
    if output is not None and output.resolve() in (data.resolve(), weights.resolve()):
        raise click.UsageError(f"-o {output} would replace an input file")
    if over_time and (output is None or output.suffix != ".npz"):
        raise click.UsageError("--over-time needs -o with a file that ends in .npz")
    if over_time and simulator == "keras":
        raise click.UsageError("--over-time needs spikes, but Keras has no spikes")
    # The matrices are small, so more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    quiet_tensorflow(simulator)
    from snnc.tools.evaluate.verb import predict  # imports NumPy

    with one_line_errors():
        found = predict(
            package, data, weights, simulator=simulator, over_time=over_time
        )
        if output is None:
            print_data(found.csv())
        else:
            found.write(output)
    return 0
