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
from snnc.verbs.evaluate.evaluation import Evaluation
from snnc.verbs.evaluate.summary import known
from snnc.verbs.evaluate.verb import AdaptOptions, EvaluateOptions, evaluate
from snnc.views import plots

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.output.imported import ImportedPackage
    from snnc.runtime.data import Examples
    from snnc.runtime.examples import Array
    from snnc.runtime.network import Network


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation:
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
    weights: dict[str, NDArray[np.float32]]
    classes: bool
    score: float
    clipped: float = 0.0
    passes: int = 1
    refit: dict[str, NDArray[np.float32]] | None = None

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
        shown = (right[labels == each] for each in range(self.outputs.shape[1]))
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
        return f"<snnc.Adaptation: {reached} while learning {_presented(self)}>"


def _presented(learning: Adaptation) -> str:
    examples = counted(learning.examples, "example")
    return examples if learning.passes == 1 else f"{examples} {learning.passes} times"


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
    order = _presentations(len(chosen), options.passes, options.seed)
    images = chosen[:][order]
    labels = chosen.y[order]
    tensors = dict(package.layout.load(weights))
    refitted = None
    if simulator == "exact":
        from snnc.exact.learning import Learner, refit

        learner = Learner(package, tensors)
        outputs = learner.present(images, labels)
        learned = learner.kernel
        fitted = refit(
            package, tensors, learner.source, chosen[:], np.asarray(chosen.y)
        )
        refitted = _with_kernel(tensors, readout.name, fitted)
    else:
        outputs, learned = _learn_in_nengo(package, tensors, images, labels, simulator)
    tensors = _with_kernel(tensors, readout.name, learned)
    if options.weights_out is not None:
        package.layout.save(options.weights_out, tensors)
    shown = outputs
    if readout.learn.softmax:
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shown = powers / powers.sum(axis=1, keepdims=True)
    errors = np.abs(shown - targets_of(labels, network))
    last = slice(-len(chosen), None)
    return Adaptation(
        y=labels,
        outputs=outputs,
        weights=tensors,
        classes=readout.classes,
        score=score(outputs[last], labels[last], readout.classes),
        clipped=float(np.mean(errors > readout.learn.error)),
        passes=options.passes,
        refit=refitted,
    )


def _presentations(count: int, passes: int, seed: int | None) -> NDArray[np.int64]:
    """Return the numbers of examples in the order in which they are presented.

    The first pass keeps the order in which examples were drawn.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    orders = [np.arange(count)]
    for _ in range(1, passes):
        shuffled = random.permutation(count)
        orders.append(orders[0] if seed is None else shuffled)
    return np.concatenate(orders)


def _with_kernel(
    tensors: dict[str, NDArray[np.float32]], readout: str, kernel: Array
) -> dict[str, NDArray[np.float32]]:
    """Return weights with another kernel of the readout, (neurons, units)."""
    import numpy as np

    name = f"{readout}.kernel"
    shape = tensors[name].shape
    return tensors | {name: np.asarray(kernel, np.float32).reshape(shape)}


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
    images: Array,
    labels: Array,
    simulator: Literal["loihi", "nengo"],
) -> tuple[Array, Array]:
    """Return the outputs of each example before it learns, and the learned weights."""
    import numpy as np

    from snnc.runtime.nengo.simulators import SimulatorRun

    network = package.network
    build_network = package.module("nengo_network").build_network
    built = build_network(tensors, images, targets=labels)
    outputs = []
    run = SimulatorRun(simulator, built)
    with closing(run.sim):
        for first in range(0, len(images), run.at_once):
            rows, _ = run.present(min(run.at_once, len(images) - first))
            outputs.append(rows[:, network.steps // 2])
        return np.concatenate(outputs), built.learning.weights(run.sim)


@dataclass(frozen=True)
class AdaptedData:
    """The results on one data set before and after learning.

    ``refit`` is the result of ridge regression on the same examples, if it was fitted.
    """

    file: str
    before: Evaluation
    after: Evaluation
    refit: Evaluation | None = None

    def as_dict(self) -> Json:
        """Return a mapping for JSON."""
        return {
            "file": self.file,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "refit": None if self.refit is None else self.refit.as_dict(),
        }


@dataclass(frozen=True)
class AdaptedEvaluation:
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
        """Return a mapping for JSON."""
        learned: dict[str, Any] = {
            "examples": self.learning.examples,
            "passes": self.learning.passes,
            "accuracy" if self.learning.classes else "rmse": self.learning.score,
            "clipped": self.learning.clipped,
        }
        if self.learning.classes:
            pairs = zip(self.data.before.by_class, self.learning.recalls, strict=True)
            learned["classes"] = [{"name": c.name, "recall": r} for c, r in pairs]
        data = self.data.as_dict()
        del data["file"]
        return {
            "version": 1,
            **data,
            "while_learning": learned,
            "kept": None if self.kept is None else self.kept.as_dict(),
        }

    def __str__(self) -> str:
        learning = self.learning
        where = f"{self.after.network} on {self.after.simulator}"
        kind = "accuracy" if learning.classes else "RMSE"
        reached = f"{learning.score:.4g}"
        if learning.classes:
            reached = percent(learning.score)
        lines = [f"{where}: {kind} {reached} while learning {_presented(learning)}"]
        if learning.clipped:
            reason = "which were larger than `error` in `learn pes`; write a larger one"
            lines.append(
                f"clipped: {percent(learning.clipped)} of the errors, {reason}"
            )
        lines += ["", *self._scores().lines()]
        if learning.classes:
            lines += ["", *self._classes().lines()]
        return "\n".join([*lines, *self._notes()])

    def _scores(self) -> TextTable:
        """Return the scores of each data set with their intervals."""
        sets = [self.data, *filter(None, [self.kept])]
        head: tuple[str, ...] = ("data", "examples", "before", "after")
        if self.data.refit is not None:
            head = (*head, "ridge regression")
        rows = []
        for each in sets:
            results = [each.before, each.after, *filter(None, [each.refit])]
            scores = map(_with_interval, results)
            rows.append((each.file, str(each.after.examples), *scores))
        return TextTable.of(head, rows, ("data",))

    def _classes(self) -> TextTable:
        """Return the recall of each class of the data."""
        rows = []
        for before, learning, after in zip(
            self.data.before.by_class,
            self.learning.recalls,
            self.after.by_class,
            strict=True,
        ):
            recalls = map(known, (before.recall, learning, after.recall))
            rows.append((before.name, *recalls))
        return TextTable.of(("class", "before", "learning", "after"), rows, ("class",))

    def _notes(self) -> list[str]:
        """Return what went wrong with single classes."""
        lost = [each.name for each in self.after.by_class if each.recall == 0]
        if not lost:
            return []
        word = "class" if len(lost) == 1 else "classes"
        problem = f"no example of {word} {', '.join(lost)} is recognised after learning"
        advice = (
            "learn from more examples of it, mixed with the others, or use --passes"
        )
        return ["", f"note: {problem}: {advice}"]


def _with_interval(result: Evaluation) -> str:
    """Return an accuracy or error with its 95 % interval."""
    score = result.score
    show = percent if result.classes else "{:.4g}".format
    if score.interval is None:
        return show(score.value)
    low, high = map(show, score.interval)
    return f"{show(score.value)} ({low.removesuffix(' %')} to {high})"


def evaluate_adapted(
    options: EvaluateOptions,
    package: ImportedPackage,
    data: FileName,
    weights: FileName,
    adapt_data: FileName,
    *,
    passes: int = 1,
    keep: FileName | None = None,
    weights_out: FileName | None = None,
) -> AdaptedEvaluation:
    """Evaluate a package, let its readout learn, and evaluate it again.

    ``keep`` names old data on which the package is evaluated before and after, too.
    """
    simulator = options.simulator
    if simulator == "keras" or simulator == "nengo_dl":
        raise CannotRunError(f"the simulator {simulator} does not learn")
    once = replace(options, output=None)
    learned_with = AdaptOptions(
        simulator=simulator,
        seed=options.seed,
        passes=passes,
        weights_out=weights_out,
    )
    learning = adapt(package, adapt_data, None, weights, learned_with)

    def compare(file: FileName) -> AdaptedData:
        refit = None
        if learning.refit is not None:
            refit = evaluate(package, (file, None), learning.refit, once)
        return AdaptedData(
            file=os.path.basename(file),
            before=evaluate(package, (file, None), weights, once),
            after=evaluate(package, (file, None), learning.weights, once),
            refit=refit,
        )

    return AdaptedEvaluation(
        data=compare(data),
        learning=learning,
        kept=None if keep is None else compare(keep),
    )
