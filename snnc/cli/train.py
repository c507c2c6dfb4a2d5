"""``snnc train``: train a package, as ``python -m NET.train`` does."""

from __future__ import annotations

import os
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any

import click

from snnc.cli import options, printing
from snnc.cli.settings import repository_settings
from snnc.diagnostics import Diagnostics
from snnc.output.imported import open_package
from snnc.text.installing import require
from snnc.verbs.current_package import find_package
from snnc.verbs.package_options import TrainOptions


def _refuse_weights(
    context: click.Context, parameter: click.Parameter, file: str | None
) -> None:
    if file is not None:
        raise click.UsageError(
            f"--weights is ambiguous: write the trained weights with `--weights-out"
            f" {file}`, or begin with existing ones with `--from {file}`"
        )


@click.command(
    "train",
    epilog="Example: snnc train models/drift --data train.npz"
    " --weights-out drift.safetensors",
)
@options.package
@options.data
@options.path("--weights-out", help="The file for the weights.", required=True)
@options.of(TrainOptions)
@options.force
@options.path(
    "--weights",
    help="Refused: write `--weights-out` or `--from`.",
    hidden=True,
    callback=_refuse_weights,
    expose_value=False,
)
def train_command(
    package: Path, data: Path, weights_out: Path, *, force: bool, **settings: Any
) -> int:
    """Train the generated package in the folder PACKAGE on data, with TensorFlow.

    PACKAGE may also be a spec. If its package does not exist in the folder models, it
    is built first. After Ctrl-C, the best weights so far are next to the weights, in a
    file .best.safetensors, and --resume continues.
    """
    if weights_out.resolve() == data.resolve():
        raise click.UsageError("--weights-out would replace the data")
    if settings["groups"] and settings["validation"]:
        raise click.UsageError("--groups divides the data: leave --validation out")
    options.refuse_existing(force or settings["resume"], weights_out)
    options.quiet_tensorflow()
    report = Diagnostics()
    packages = repository_settings().packages
    device = options.device_name()
    with options.one_line_errors(RuntimeError):
        folder = find_package(package, packages, device, report, printing.say)
        if folder is None or report.errors:
            printing.print_diagnostics(report)
            return 1
        require(("numpy", "safetensors", "tensorflow"), "keras", "training")
        from snnc.verbs.train import train  # slow to import

        with ExitStack() as stack:
            # Keras prints its progress to stdout.
            if printing.has_option("quiet"):
                nowhere = stack.enter_context(open(os.devnull, "w"))
                stack.enter_context(redirect_stdout(nowhere))
            train(
                open_package(folder),
                TrainOptions(folder, data, weights=weights_out, **settings),
            )
    printing.say_lines(
        f"Next:\n  snnc evaluate {folder.as_posix()} --data test.npz"
        f" --weights {weights_out.as_posix()}"
    )
    return 0
