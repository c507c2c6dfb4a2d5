"""``snnc evaluate``."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.talk import say

if TYPE_CHECKING:
    from snnc.evaluate.result import Result

SIMULATORS = ("exact", "loihi", "nengo", "nengo_dl", "keras")
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed; None is what was not."""

    package: Path
    data: Path
    weights: Path
    simulator: str
    examples: int | None
    steps: int | None
    workers: int | None
    dask: str | None
    presentation: str | None
    out: Path | None
    resume: bool
    form: str

    @property
    def resumable(self) -> bool:
        return self.simulator == "exact" and self.presentation != "row"

    @property
    def journal(self) -> Path:
        return self.out or self.weights.with_suffix(".evaluation.jsonl")


@click.command(
    "evaluate",
    epilog="Example: snnc evaluate models/drift --data test.npz"
    " --weights drift.safetensors",
)
@click.argument("package", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="An .npz file with x and y, or a folder with x.npy and y.npy.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    required=True,
    help="The safetensors file that training wrote.",
)
@click.option(
    "--simulator",
    type=click.Choice(SIMULATORS),
    default="exact",
    show_default=True,
    help="exact: the spikes of nengo-loihi's emulator, a hundred times sooner.",
)
@click.option("--examples", type=click.IntRange(1), help="Run only the first N.")
@click.option(
    "--steps", type=click.IntRange(2), help="Steps an example, not the spec's; exact."
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Share the examples among N processes of one thread; exact. Without it, one"
    " process has a thread for each core.",
)
@click.option("--dask", metavar="ADDRESS", help="Share them on a Dask cluster; exact.")
@click.option(
    "--presentation",
    type=click.Choice(["rest", "row"]),
    help="Begin each example from rest (exact), or carry the state over (all others).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to keep each example's outputs; exact. Without it, a file"
    " .evaluation.jsonl beside the weights.",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
def command(**options: object) -> int:
    """Run the generated package in the folder PACKAGE on data, and judge it.

    Prints accuracy or error with spikes, rates against their budgets, and how far the
    Keras model agrees, if TensorFlow is installed.
    """
    asked = _Asked(**options)  # type: ignore[arg-type]
    _refuse_at_odds(asked)
    missing = _missing(asked)
    if missing:
        from snnc.evaluate.refusals import MissingExtraError

        extras = "evaluate,keras" if "tensorflow" in missing else "evaluate"
        say(f"error: {MissingExtraError(missing, extras)}")
        return 1
    return _run(asked)


def _refuse_at_odds(asked: _Asked) -> None:
    """Refuse options that do nothing with the others."""
    exact = asked.simulator == "exact"
    shared = asked.dask is not None or (asked.workers or 1) > 1
    only = {
        "--steps": asked.steps,
        "--workers": asked.workers,
        "--dask": asked.dask,
        "--out": asked.out,
        "--resume": asked.resume or None,
    }
    for name, value in only.items():
        if value is not None and not exact:
            raise click.UsageError(f"{name} is for `--simulator exact`")
    if asked.presentation is not None and asked.simulator == "keras":
        raise click.UsageError("--presentation is for spikes, of which Keras has none")
    if asked.presentation == "rest" and not exact:
        raise click.UsageError(
            f"{asked.simulator} can't go back to rest: leave --presentation out, or"
            " use `--simulator exact`"
        )
    if asked.presentation == "row" and (shared or asked.resume):
        raise click.UsageError(
            "in a row each example goes on from the one before it: leave --workers,"
            " --dask and --resume out"
        )
    if asked.dask is not None and asked.workers is not None:
        raise click.UsageError("a cluster has its own workers: leave --workers out")


def _missing(asked: _Asked) -> list[str]:
    """Return what the run imports and is not installed."""
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    if asked.dask is not None or (asked.workers or 1) > 1:
        needed.append("distributed")
    if asked.simulator == "keras":
        needed.append("tensorflow")
    names = [name for name in needed if importlib.util.find_spec(name) is None]
    return [name.replace("_", "-") for name in names]


def _run(asked: _Asked) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    if asked.simulator == "exact":
        # Its matrices are small: more threads only wait for each other.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from snnc.evaluate.refusals import RefusedError
    from snnc.exact.refusals import CannotRunError

    try:
        result = _evaluate(asked)
    except (RefusedError, CannotRunError) as error:
        say(f"error: {error}")
        return 1
    except OSError as error:
        said = (error.filename, error.strerror)
        say(f"error: {': '.join(map(str, said)) if all(said) else error}")
        return 1
    except KeyboardInterrupt:
        if asked.resumable and asked.journal.exists():
            say(f"interrupted: `--resume` goes on with what is in {asked.journal}")
        return INTERRUPTED
    if asked.form == "json":
        from snnc.evaluate.json import document

        click.echo(json.dumps(document(result), indent=2))
    else:
        from snnc.evaluate.text import table

        click.echo(table(result))
    return 0


def _evaluate(asked: _Asked) -> Result:
    from snnc.evaluate import run
    from snnc.evaluate.exact import How
    from snnc.evaluate.subject import open_subject

    subject = open_subject(asked.package)
    examples = run.opened(asked.data, asked.examples, subject)
    with _progress(len(examples)) as progress:
        if asked.simulator == "keras":
            return run.on_keras(subject, asked.weights, examples, progress)
        if asked.simulator != "exact":
            return run.on_package(
                subject,
                asked.weights,
                examples,
                asked.simulator,  # type: ignore[arg-type]
                progress,
            )
        how = How(
            steps=asked.steps or subject.network.STEPS,
            presentation=asked.presentation or "rest",  # type: ignore[arg-type]
            workers=asked.workers,
            dask=asked.dask,
            out=asked.journal,
            resume=asked.resume,
        )
        return run.on_engine(subject, asked.weights, examples, how, progress)


@contextmanager
def _progress(examples: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal; give what moves it on."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(
        length=examples, label="examples", show_pos=True, file=sys.stderr
    ) as bar:
        yield bar.update
