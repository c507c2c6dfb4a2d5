"""The result of learning after training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snnc.results.base import Drawable, Result, to_json
from snnc.results.evaluation import Evaluation
from snnc.text.display import Json
from snnc.text.tables import counted, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.runtime.examples import Array


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation(Drawable):
    """The weights that a readout has learned, and its decisions during learning.

    Attributes
    ----------
    y
        The labels, (presentations,), or the target values, in the order of
        presentation.
    outputs
        The readout's outputs halfway through each presentation, before learning from
        it, with shape (presentations, units).
    weights
        All tensors by name, with the learned kernel of the readout.
    classes
        Whether the units are classes.
    score
        The accuracy, or the root mean square error, while learning: in the last pass.
    clipped
        The fraction of errors that were larger than the spec's ``error``.
    passes
        How often each example was presented.
    refit
        All tensors with a kernel that ridge regression fitted to the same examples, as
        a reference for the rule; None unless the simulator is exact.
    """

    y: Array
    outputs: Array
    weights: dict[str, Array]
    classes: bool
    score: float
    clipped: float = 0.0
    passes: int = 1
    refit: dict[str, Array] | None = None

    @property
    def examples(self) -> int:
        """The number of different presentations: examples, each counted once."""
        return len(self.y) // self.passes

    @property
    def accuracy(self) -> float | None:
        """The fraction of correct decisions in the last pass; None for a regression."""
        return self.score if self.classes else None

    @property
    def rmse(self) -> float | None:
        """The root mean square error in the last pass; None for classes."""
        return None if self.classes else self.score

    @property
    def recalls(self) -> tuple[float | None, ...]:
        """The accuracy of each class in the last pass; None for absent classes."""
        labels = self.y[-self.examples :]
        right = self.outputs[-self.examples :].argmax(axis=1) == labels
        recalls = []
        for label in range(self.outputs.shape[1]):
            of_class = right[labels == label]
            recalls.append(float(of_class.mean()) if len(of_class) else None)
        return tuple(recalls)

    def plot_accuracy(self, ax: Axes | None = None) -> Axes:
        """Plot the accuracy, or the error, against the number of examples.

        Each point is the mean over an example and at most 49 examples before it.
        """
        return self._drawn("learning", self, ax)

    def __repr__(self) -> str:
        reached = f"RMSE {self.score:.4g}"
        if self.classes:
            reached = f"accuracy {percent(self.score)}"
        return f"<snnc.Adaptation: {reached} while learning {presented(self)}>"


def presented(learning: Adaptation) -> str:
    examples = counted(learning.examples, "example")
    return examples if learning.passes == 1 else f"{examples} {learning.passes} times"


@dataclass(frozen=True)
class AdaptedData:
    """The results on one data set before and after learning.

    ``refit`` is the result of ridge regression on the same examples, if it was fitted.
    """

    file: str
    before: Evaluation
    after: Evaluation
    refit: Evaluation | None = None


@dataclass(frozen=True)
class AdaptedEvaluation(Result):
    """The results of a package before, during and after learning.

    ``kept`` is the result on old data, which the readout should not forget.
    """

    data: AdaptedData
    learning: Adaptation
    kept: AdaptedData | None = None

    @property
    def after(self) -> Evaluation:
        """The evaluation with the learned weights, on the data."""
        return self.data.after

    def as_dict(self) -> Json:
        """Return the JSON data, with the names of the classes."""
        learning = self.learning
        learned: Json = {
            "examples": learning.examples,
            "passes": learning.passes,
            "accuracy" if learning.classes else "rmse": learning.score,
            "clipped": learning.clipped,
        }
        if learning.classes:
            pairs = zip(self.data.before.by_class, learning.recalls, strict=True)
            learned["classes"] = [{"name": c.name, "recall": r} for c, r in pairs]
        data = to_json(self.data)
        del data["file"]
        kept = to_json(self.kept)
        return {"version": 1, **data, "while_learning": learned, "kept": kept}
