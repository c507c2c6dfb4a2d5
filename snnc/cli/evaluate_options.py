"""What `snnc evaluate` was asked, and what of that does not go together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

SIMULATORS = ("exact", "loihi", "nengo", "nengo_dl", "keras")


@dataclass(frozen=True, slots=True)
class Asked:
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


def refuse_at_odds(asked: Asked) -> None:
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
