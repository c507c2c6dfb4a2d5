"""The options of `snnc sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snnc.language.readers import Phase
from snnc.text.arguments import FileName
from snnc.verbs.options import check_options, option, read_words


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """How to train and evaluate the variants of a sweep.

    Without ``data``, nothing is trained or evaluated, and with ``weights``, nothing is
    trained. Options that contradict each other raise ValueError.
    """

    data: FileName | tuple[object, object] | None = option(
        None,
        "Data, x and y, for the exact engine. If variants are trained, a fifth is held"
        " out for the evaluation, drawn with the seed.",
        path="file",
        metavar="PATH",
    )
    test: FileName | tuple[object, object] | None = option(
        None,
        "Data for the evaluation, instead of a fifth of the training data.",
        path="file",
        metavar="PATH",
    )
    weights: FileName | None = option(
        None, "Weights for the evaluation, instead of training.", path="file"
    )
    epochs: int | None = option(
        None, "Epochs of each training, instead of the spec's.", least=1
    )
    phases: Sequence[Phase] = option(
        ("smooth", "scale"),
        "Phases of each training; `smooth,scale,spikes` takes several times longer.",
        metavar="PHASE,...",
        read=read_words,
    )
    examples: int | None = option(
        None, "Evaluate on N examples, drawn with the seed.", least=1
    )
    seed: int = option(
        0,
        "Seed for drawing the examples; the initial weights depend on `train.seed`.",
        least=0,
    )
    seeds: int = option(
        1,
        "Train each variant N times, with `train.seed`, the next seed, and so on;"
        " print means and standard deviations.",
        least=1,
    )
    output: FileName = option(
        "sweep",
        "The folder of the results; finished variants are not repeated.",
        path="folder",
        names=("-o", "--output"),
    )
    workers: int | None = option(
        None, "Number of processes; by default, one per processor.", least=1
    )
    dask: str | None = option(
        None,
        "Use a Dask cluster instead, whose workers have access to the folder.",
        metavar="ADDRESS",
    )

    def __post_init__(self) -> None:
        has_data = self.data is not None
        if not has_data and (self.test is not None or self.weights is not None):
            raise ValueError("test and weights need a sweep with data")
        if self.test is not None and self.weights is not None:
            raise ValueError("with weights nothing is trained: give data without test")
        check_options(self)
        if self.seeds > 1 and (self.weights is not None or not has_data):
            raise ValueError("seeds apply to training: give data, and no weights")
