"""What begins a project: `snnc init` and `snnc demo` in Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.api.needs import require
from snnc.api.specs import FileName

if TYPE_CHECKING:
    from snnc.demo import Results


def init(folder: FileName = ".", requirement: str | None = None) -> tuple[Path, ...]:
    """Write a first spec, and what its repo needs to keep packages.

    Parameters
    ----------
    folder
        Where specs and packages are to be.
    requirement
        What the workflow installs with pip; by default the git commit that this snnc
        was installed from, or else ``snnc``.

    Returns
    -------
    tuple of Path
        The files that were written. Those at the root of a git repository that it has
        already are left as they are.

    Raises
    ------
    FileExistsError
        If another is there already; then nothing is written.
    """
    from snnc.starter import installed_from
    from snnc.starter.plan import Plan

    plan = Plan.of(Path(folder), requirement or installed_from())
    if plan.taken:
        taken = ", ".join(path.as_posix() for path in plan.taken)
        raise FileExistsError(f"{taken}: there already, so nothing was written")
    return tuple(plan.write())


def demo(
    folder: FileName = "snnc-demo", *, tell: Callable[[str], None] = print
) -> Results:
    """Train and run a network on drifting digits, from its spec to spikes.

    Parameters
    ----------
    folder
        Where data, package and weights go.
    tell
        Is given a line for each step.

    Returns
    -------
    Results
        Seconds of each step, cores, and what each simulator found.

    Raises
    ------
    RuntimeError
        If a step fails.
    ModuleNotFoundError
        If Keras, Nengo or scikit-learn are not installed.
    """
    from snnc.demo import run_demo
    from snnc.resources import spec_path

    needed = ("numpy", "sklearn", "tensorflow", "nengo", "nengo_loihi")
    require(needed, "all", "the demo")
    return run_demo(Path(folder), spec_path("drift.snn"), tell)
