"""The options of an evaluation, and a check for required libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from snnc.text.arguments import check_choice, check_count
from snnc.text.installing import installation
from snnc.tools.opening import FileName, missing

Simulator = Literal["exact", "loihi", "nengo", "nengo_dl", "keras"]
Presentation = Literal["row", "rest"]
SIMULATORS: tuple[Simulator, ...] = get_args(Simulator)


class RefusedRunError(ValueError):
    """Raised if a package, data, weights or a run can't be evaluated."""


class OptionError(ValueError):
    """Raised if an option only works with the exact engine."""

    def __init__(self, option: str, simulator: str) -> None:
        super().__init__(
            f"{option} works only with the simulator exact, not with {simulator}"
        )
        self.option = option


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of an evaluation; see `evaluate`.

    Raises
    ------
    ValueError
        If a value is unknown or too small.
    OptionError
        If an option has no effect with the simulator.
    """

    simulator: Simulator = "exact"
    examples: int | None = None
    seed: int = 0
    steps: int | None = None
    presentation: Presentation = "row"
    workers: int | None = None
    dask: str | None = None
    output: FileName | None = None
    resume: bool = False
    examples_out: FileName | None = None

    def __post_init__(self) -> None:
        check_count("examples", self.examples, 1)
        check_count("seed", self.seed, 0)
        check_count("steps", self.steps, 2)
        check_count("workers", self.workers, 1)
        check_choice("simulator", self.simulator, SIMULATORS)
        check_choice("presentation", self.presentation, get_args(Presentation))
        for name in ("steps", "workers", "dask", "output", "resume", "examples_out"):
            is_given = getattr(self, name) not in (None, False)
            if is_given and self.simulator != "exact":
                raise OptionError(name, self.simulator)

    @property
    def uses_workers(self) -> bool:
        """Whether the engine runs in other processes."""
        return self.dask is not None or (self.workers or 1) > 1


def require_simulator(simulator: str, clustered: bool = False) -> None:
    """Refuse a run that needs missing packages, before importing NumPy.

    Raises
    ------
    RefusedRunError
        If a package is missing; the message says what to install.
    """
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    needed += ["distributed"] if clustered else []
    needed += ["tensorflow"] if simulator == "keras" else []
    if absent := missing(*needed):
        extras = "evaluate,keras" if "tensorflow" in absent else "evaluate"
        raise not_installed(absent, extras)


def not_installed(names: Sequence[str], extras: str) -> RefusedRunError:
    """Return the error that says what to install."""
    verb = "is" if len(names) == 1 else "are"
    told = f"{' and '.join(names)} {verb} not installed"
    return RefusedRunError(f"{told}: {installation(extras)}")
