"""Commands that write or return files and texts: `snnc init`, `snnc fmt` and others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from snnc.api.needs import require
from snnc.api.specs import FileName, Spec, as_spec
from snnc.loihi.profile import DEFAULT, read_profile

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
    from snnc.starter import StarterPlan, installed_from

    plan = StarterPlan.of(Path(folder), requirement or installed_from())
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


def convert(spec: Spec | FileName, to: Literal["snn", "yaml"] | None = None) -> str:
    """Return a spec in a notation, comments included.

    Parameters
    ----------
    spec
        A file, or a spec.
    to
        By default the one that it is not in.

    Raises
    ------
    SpecError
        If it has errors.
    """
    spec = as_spec(spec)
    return spec.to(to or ("snn" if spec.notation == "yaml" else "yaml"))


def fmt(spec: Spec | FileName) -> str:
    """Return a spec in the one true layout of its notation.

    Raises
    ------
    SpecError
        If it has errors.
    """
    spec = as_spec(spec)
    return spec.to(spec.notation)


def explain(code: str) -> str:
    """Return the page of a diagnostic's code, such as ``SNN301``, as Markdown.

    Raises
    ------
    ValueError
        If there is none; the text tells the nearest.
    """
    from snnc.resources import rule_page

    return rule_page(code)


def limits(device: str = DEFAULT) -> str:
    """Return what a device can hold, and where each number comes from, as a table."""
    from snnc.report.limits import text

    return text(read_profile(device))


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of YAML specs."""
    from snnc.language.schema import schema

    return schema()
