"""The options of `snnc evaluate`, `snnc predict` and learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from snnc.text.arguments import FileName
from snnc.verbs.options import check_options, option

Simulator = Literal["exact", "loihi", "nengo", "nengo_dl", "keras"]
Presentation = Literal["row", "rest"]
LearningSimulator = Literal["exact", "loihi", "nengo"]


class OptionError(ValueError):
    """Raised if an option only works with the exact engine."""

    def __init__(self, option: str, simulator: str) -> None:
        super().__init__(
            f"{option} works only with the simulator exact, not with {simulator}"
        )
        self.option = option


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of every run."""

    simulator: Simulator = option(
        "exact",
        "`exact` computes the same spikes as nengo-loihi's emulator (`loihi`), 100"
        " times faster. `nengo` and `nengo_dl` don't round weights, and `keras` has no"
        " spikes.",
        choices=get_args(Simulator),
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class PredictOptions(RunOptions):
    """The options of a prediction."""

    over_time: bool = option(False, "Also return the outputs of each step.")


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(RunOptions):
    """The options of an evaluation.

    Values that are unknown or too small raise ValueError, and options without effect
    raise `OptionError`.
    """

    examples: int | None = option(
        None, "Run only N examples, drawn with the seed.", least=1
    )
    seed: int = option(0, "Seed for shuffling the examples.", least=0)
    steps: int | None = option(
        None, "Time steps per example, instead of the spec's; exact only.", least=2
    )
    presentation: Presentation = option(
        "row",
        "`row`: examples in a row, with the state carried over as on the chip, and a"
        " reset after every 200 examples. `rest`: a reset before each example.",
        choices=get_args(Presentation),
    )
    workers: int | None = option(
        None,
        "Distribute the examples to N processes with one thread each; exact only. By"
        " default, one process uses one thread per core.",
        least=1,
    )
    dask: str | None = option(
        None,
        "Distribute the examples to a Dask cluster; exact only.",
        metavar="ADDRESS",
    )
    output: FileName | None = option(
        None,
        "Write the outputs of each example as JSON lines; exact only.",
        path="file",
        names=("-o", "--output"),
    )
    examples_out: FileName | None = option(
        None,
        "Write a CSV file with one row per example: its label, and the predictions of"
        " Keras and of the chip; exact only.",
        path="file",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("steps", "workers", "dask", "output", "examples_out"):
            is_given = getattr(self, name) is not None
            if is_given and self.simulator != "exact":
                raise OptionError(name, self.simulator)

    @property
    def uses_workers(self) -> bool:
        """Whether the engine runs in other processes."""
        return self.dask is not None or (self.workers or 1) > 1


@dataclass(frozen=True, kw_only=True)
class AdaptOptions:
    """The options of learning."""

    simulator: LearningSimulator = option(
        "exact",
        "`exact` learns the same weights as nengo-loihi's emulator (`loihi`), 50 times"
        " faster. `nengo` does not round weights.",
        choices=get_args(LearningSimulator),
    )
    examples: int | None = option(
        None, "Present only N examples, drawn with the seed.", least=1
    )
    seed: int | None = option(
        0, "Seed for shuffling the examples; None keeps their order.", least=0
    )
    passes: int = option(
        1,
        "How often learning presents each example, in a new order each time.",
        least=1,
    )
    weights_out: FileName | None = option(
        None, "The file for the weights that learning has changed.", path="file"
    )

    def __post_init__(self) -> None:
        check_options(self)
