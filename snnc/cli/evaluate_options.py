"""What `snnc evaluate` was asked, and what of that does not go together.

``snnc plot`` shares some of its options, each of which is written here once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from snnc.cli.options import Option

SIMULATORS = ("exact", "loihi", "nengo", "nengo_dl", "keras")
DATA = "An .npz file with x and y, or a folder with x.npy and y.npy."
WEIGHTS = "The safetensors file that training wrote."

simulator_option = click.option(
    "--simulator",
    type=click.Choice(SIMULATORS),
    default="exact",
    show_default=True,
    help="exact: the spikes of nengo-loihi's emulator, a hundred times sooner.",
)
examples_option = click.option(
    "--examples", type=click.IntRange(1), help="Run only N of them, drawn by the seed."
)


def file_option(name: str, help_text: str, required: bool = False) -> Option:
    """Return an option that takes a file, or a folder, which is read."""
    path = click.Path(path_type=Path)
    return click.option(name, type=path, required=required, help=help_text)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What was typed; None is what was not."""

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
    form: str
    plot: Path | None

    @property
    def shared(self) -> bool:
        """Whether other processes run the engine."""
        return self.dask is not None or (self.workers or 1) > 1

    @property
    def resumable(self) -> bool:
        return self.simulator == "exact"

    @property
    def journal(self) -> Path:
        beside = self.weights.parent / f"{self.weights.stem}.evaluation.jsonl"
        return self.output or beside


def refuse_at_odds(asked: EvaluationRequest) -> None:
    """Refuse options that do nothing with the others, and pipes, read only once."""
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
        # Its neighbours on the line are data and weights, which it would replace.
        raise click.UsageError("--examples-out writes CSV: name a file that ends so")
    if asked.presentation is not None and asked.simulator == "keras":
        raise click.UsageError("--presentation is for spikes, of which Keras has none")
    if asked.strict and asked.simulator == "keras":
        raise click.UsageError("--strict is for spikes, of which Keras has none")
    if asked.dask is not None and asked.workers is not None:
        raise click.UsageError("a cluster has its own workers: leave --workers out")
