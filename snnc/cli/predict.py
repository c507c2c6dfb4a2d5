"""``snnc predict``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snnc.cli.evaluate import INTERRUPTED, WEIGHTS, file_option, simulator_option
from snnc.cli.printing import print_data, say
from snnc.runtime.files import reason

if TYPE_CHECKING:
    from snnc.evaluate.predict import Prediction

DATA = "An .npz file with x, an .npy file, or a folder with x.npy."


@click.command(
    "predict",
    epilog="Example: snnc predict models/drift --data new.npz"
    " --weights drift.safetensors -o labels.csv",
)
@click.argument("package", type=click.Path(path_type=Path))
@file_option("--data", DATA, required=True)
@file_option("--weights", WEIGHTS, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
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
    simulator: str,
    over_time: bool,
) -> int:
    """Run the generated package in the folder PACKAGE on new examples without labels.

    An .npz file holds outputs (examples, units) and labels (examples,), the CSV table
    one row per example: index, label, class name, and the output of each unit.
    """
    if output is not None and output.suffix not in (".npz", ".csv"):
        raise click.UsageError(f"-o {output}: name a file that ends in .npz or .csv")
    if output is not None and output.resolve() in (data.resolve(), weights.resolve()):
        raise click.UsageError(f"-o {output} would replace what is read")
    if over_time and (output is None or output.suffix != ".npz"):
        raise click.UsageError("--over-time needs -o with a file that ends in .npz")
    if over_time and simulator == "keras":
        raise click.UsageError("--over-time is for spikes, and Keras has no spikes")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    # The engine's matrices are small: more threads only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from snnc.api.evaluations import require_extras
    from snnc.evaluate.refusals import RefusedRunError

    try:
        require_extras(simulator, clustered=False)  # type: ignore[arg-type]
    except RefusedRunError as error:
        say(f"error: {error}")
        return 1
    from snnc.exact.package import CannotRunError
    from snnc.runtime.data import DataError
    from snnc.runtime.layout import LayoutError

    try:
        found = _predict(package, data, weights, simulator, over_time)
        if output is None:
            print_data(found.csv())
        else:
            found.write(output)
    except (RefusedRunError, CannotRunError, DataError, LayoutError) as error:
        say(f"error: {error}")
        return 1
    except OSError as error:
        say(f"error: {reason(error)}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _predict(
    package: Path, data: Path, weights: Path, simulator: Any, over_time: bool
) -> Prediction:
    from snnc.api.packages import Package

    opened = Package(package)
    return opened.predict(data, weights, simulator=simulator, over_time=over_time)
