"""The options of a training and of a calibration.

A ``package`` is a folder or, in Python, a `snnc.Package`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from snnc.language.readers import Phase
from snnc.text.arguments import FileName
from snnc.verbs.options import check_options, option, read_words

if TYPE_CHECKING:
    from tensorflow import keras

    from snnc.runtime.keras.training import ClassWeight


@dataclass(frozen=True)
class TrainOptions:
    """The options of a training.

    ``y`` is None if ``x`` is a data set or a file. Without ``weights``, no file is
    written. `snnc.train` describes the shapes of both.
    """

    package: object
    x: object
    y: object = None
    weights: FileName | None = None
    epochs: int | None = option(
        None, "Epochs of the phase `smooth`; by default, those of the spec.", least=1
    )
    _: KW_ONLY
    initial: FileName | None = option(
        None,
        "A file with weights to begin with, which is required without the phase"
        " `smooth`.",
        path="file",
        names=("--from",),
    )
    phases: Sequence[Phase] | None = option(
        None,
        "Some of `smooth`, `scale` and `spikes`; by default, those of the spec.",
        metavar="P,...",
        read=read_words,
    )
    spike_updates: int | None = option(
        None,
        "Updates of the phase `spikes`, rounded up to a multiple of 10; the default"
        " depends on their cost.",
        least=1,
    )
    resume: bool = option(False, "Continue an interrupted run.")
    seed: int | None = option(
        None,
        "Seed for the initial weights, dropout, the held-out examples and the order of"
        " the others; by default, that of the spec.",
        least=0,
    )
    validation: FileName | tuple[Any, Any] | None = option(
        None,
        "Data, x and y, for the validation, instead of a share of the examples.",
        path="file",
    )
    groups: Any = option(
        None,
        "An array in the data, such as subjects, or its name in a file: hold out whole"
        " groups.",
        metavar="NAME",
    )
    class_weight: ClassWeight | None = option(
        None,
        "`balanced` gives all classes the same total weight; by default, as in the"
        " spec. Python also accepts a weight for each class.",
        choices=("balanced",),
    )
    callbacks: Sequence[keras.callbacks.Callback] = ()


@dataclass(frozen=True, kw_only=True)
class CalibrateOptions:
    """The options of a calibration; an invalid number raises ValueError."""

    y: Any = None
    examples: int | None = option(
        None,
        "Measure only N examples, drawn with seed 0; by default, all that are not kept"
        " for the comparison.",
        least=1,
    )

    def __post_init__(self) -> None:
        check_options(self)
