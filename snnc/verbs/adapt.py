"""Continue to train the readout of a package: `snnc evaluate --adapt`."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from snnc.output.imported import CannotRunError
from snnc.text.arguments import FileName, Tensors
from snnc.text.display import Json
from snnc.text.tables import TextTable, counted, percent
from snnc.tools import plots
from snnc.verbs.evaluate.evaluation import Evaluation
from snnc.verbs.evaluate.summary import known
from snnc.verbs.evaluate.verb import EvaluateOptions, evaluate
from snnc.verbs.options import check_options, option

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.output.imported import ImportedPackage
    from snnc.runtime.data import Examples
    from snnc.runtime.examples import Array
    from snnc.runtime.network import Network

LearningSimulator = Literal["exact", "loihi", "nengo"]


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation:
    """The weights that a readout has learned, and its decisions during learning.

    Attributes
    ----------
    y
        The labels, (examples,), or the target values, in the order of presentation.
    outputs
        The readout's outputs halfway through each example, before learning from this
        example, with shape (examples, units).
    weights
        All tensors by name, with the learned kernel of the readout.
    classes
        Whether the units are classes.
    score
        The accuracy, or the root mean square error, while learning.
    clipped
        The fraction of errors that were larger than the spec's ``error``.
    """

    y: Array
    outputs: Array
    weights: dict[str, NDArray[np.float32]]
    classes: bool
    score: float
    clipped: float = 0.0

    @property
    def accuracy(self) -> float | None:
        """The fraction of correct decisions during learning; None for a regression."""
        return self.score if self.classes else None

    @property
    def rmse(self) -> float | None:
        """The root mean square error during learning; None for classes."""
        return None if self.classes else self.score

    @property
    def recalls(self) -> tuple[float | None, ...]:
        """The accuracy of each class during learning; None for absent classes."""
        right = self.outputs.argmax(axis=1) == self.y
        shown = (right[self.y == each] for each in range(self.outputs.shape[1]))
        return tuple(float(each.mean()) if len(each) else None for each in shown)

    def plot_accuracy(self, ax: Axes | None = None) -> Axes:
        """Plot the accuracy, or the error, against the number of examples.

        Each point is the mean over an example and at most 49 examples before it.
        """
        return plots.results.learning(self, ax)

    def __repr__(self) -> str:
        reached = f"RMSE {self.score:.4g}"
        if self.classes:
            reached = f"accuracy {percent(self.score)}"
        return f"<snnc.Adaptation: {reached} while learning {len(self.y)} examples>"


@dataclass(frozen=True, kw_only=True)
class AdaptOptions:
    """The options of learning."""

    simulator: LearningSimulator = option(
        "exact",
        "`exact` learns the same weights as nengo-loihi's emulator (`loihi`), 50 times"
        " faster. `nengo` does not round weights.",
    )
    examples: int | None = option(
        None, "Present only N examples, drawn with the seed.", least=1
    )
    seed: int | None = option(
        0, "Seed for shuffling the examples; None keeps their order.", least=0
    )
    weights_out: FileName | None = option(
        None, "The file for the learned weights.", is_file=True
    )

    def __post_init__(self) -> None:
        check_options(self)


def adapt(
    package: ImportedPackage,
    x: object,
    y: object,
    weights: Tensors | FileName,
    options: AdaptOptions,
) -> Adaptation:
    """Present examples one after another while the readout learns.

    ``x`` is an array, or a data file that also contains ``y``. Raise ValueError if the
    readout does not learn, the network does not accept the data, all examples have the
    same class, or the chip can't learn with these weights.
    """
    import numpy as np  # imports of extras

    from snnc.runtime.examples import score
    from snnc.runtime.nengo.learning import targets_of
    from snnc.runtime.nengo.simulators import require

    network = package.network
    readout = network.readout
    if readout.learn is None:
        told = f"`{readout.name}` doesn't learn: write `learn pes` in it"
        raise CannotRunError(told)
    simulator = options.simulator
    require("loihi" if simulator == "exact" else simulator, network)
    chosen = _draw_examples(network, x, y, options.examples, options.seed)
    tensors = dict(package.layout.load(weights))
    if simulator == "exact":
        from snnc.exact.learning import Learner

        learner = Learner(package, tensors)
        outputs, learned = learner.present(chosen[:], chosen.y), learner.kernel
    else:
        outputs, learned = _learn_in_nengo(package, tensors, chosen, simulator)
    kernel = f"{readout.name}.kernel"
    tensors[kernel] = np.asarray(learned, np.float32).reshape(tensors[kernel].shape)
    if options.weights_out is not None:
        package.layout.save(options.weights_out, tensors)
    shown = outputs
    if readout.learn.softmax:
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shown = powers / powers.sum(axis=1, keepdims=True)
    errors = np.abs(shown - targets_of(chosen.y, network))
    reached = score(outputs, chosen.y, readout.classes)
    clipped = float(np.mean(errors > readout.learn.error))
    return Adaptation(chosen.y, outputs, tensors, readout.classes, reached, clipped)


def _draw_examples(
    network: Network, x: object, y: object, count: int | None, seed: int | None
) -> Examples:
    """Return the examples to learn from, of several classes."""
    import numpy as np

    from snnc.runtime.data import DataError, open_data, select

    if isinstance(x, str | os.PathLike):
        x, y = open_data(x, network).arrays
    chosen = select(x, np.asarray(y), network, count, seed)
    if not len(chosen):
        raise DataError("there are no examples to learn from")
    if network.readout.classes and len(set(chosen.y.tolist())) == 1:
        effect = "the readout would forget the others; give examples of several classes"
        raise DataError(f"all examples are of class {chosen.y[0]}: {effect}")
    return chosen


def _learn_in_nengo(
    package: ImportedPackage,
    tensors: object,
    chosen: Examples,
    simulator: Literal["loihi", "nengo"],
) -> tuple[Array, Array]:
    """Return the outputs of each example before it learns, and the learned weights."""
    import numpy as np

    from snnc.runtime.nengo.simulators import SimulatorRun

    network = package.network
    build_network = package.module("nengo_network").build_network
    built = build_network(tensors, chosen[:], targets=chosen.y)
    outputs = []
    run = SimulatorRun(simulator, built)
    with closing(run.sim):
        for first in range(0, len(chosen), run.at_once):
            rows, _ = run.present(min(run.at_once, len(chosen) - first))
            outputs.append(rows[:, network.steps // 2])
        return np.concatenate(outputs), built.learning.weights(run.sim)


@dataclass(frozen=True)
class AdaptedEvaluation:
    """The results of a package before, during and after learning."""

    before: Evaluation
    learning: Adaptation
    after: Evaluation

    def as_dict(self) -> Json:
        """Return a mapping for JSON."""
        learned: dict[str, Any] = {
            "examples": len(self.learning.y),
            "accuracy" if self.learning.classes else "rmse": self.learning.score,
            "clipped": self.learning.clipped,
        }
        if self.learning.classes:
            pairs = zip(self.before.by_class, self.learning.recalls, strict=True)
            learned["classes"] = [{"name": c.name, "recall": r} for c, r in pairs]
        return {
            "version": 1,
            "before": self.before.as_dict(),
            "while_learning": learned,
            "after": self.after.as_dict(),
        }

    def __str__(self) -> str:
        learning = self.learning
        kind = "accuracy" if learning.classes else "RMSE"
        show = percent if learning.classes else "{:.4g}".format
        values = self.before.score.value, learning.score, self.after.score.value
        before, during, after = map(show, values)
        where = f"{self.after.network} on {self.after.simulator}"
        during += f" while learning {counted(len(learning.y), 'example')}"
        lines = [f"{where}: {kind} {before} before, {during}, {after} after"]
        if learning.clipped:
            reason = "which were larger than `error` in `learn pes`; write a larger one"
            lines.append(
                f"clipped: {percent(learning.clipped)} of the errors, {reason}"
            )
        if learning.classes:
            head, rows = ("class", "before", "learning", "after"), []
            sides = self.before.by_class, learning.recalls, self.after.by_class
            for first, middle, last in zip(*sides, strict=True):
                recalls = first.recall, middle, last.recall
                rows.append((first.name, *map(known, recalls)))
            lines += ["", *TextTable.of(head, rows, ("class",)).lines()]
        return "\n".join(lines)


def evaluate_adapted(
    options: EvaluateOptions,
    package: ImportedPackage,
    data: FileName,
    weights: FileName,
    adapt_data: FileName,
    weights_out: FileName | None = None,
) -> AdaptedEvaluation:
    """Evaluate a package, let its readout learn, and evaluate it again."""
    simulator = options.simulator
    if simulator == "keras" or simulator == "nengo_dl":
        raise CannotRunError(f"the simulator {simulator} does not learn")
    once = replace(options, output=None)
    learning = AdaptOptions(
        simulator=simulator, seed=options.seed, weights_out=weights_out
    )
    learned = adapt(package, adapt_data, None, weights, learning)
    before = evaluate(package, (data, None), weights, once)
    after = evaluate(package, (data, None), learned.weights, once)
    return AdaptedEvaluation(before, learned, after)
