"""Continue to train the readout of a package: `snnc evaluate --adapt`."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from snnc.output.imported import CannotRunError
from snnc.results.adaptation import Adaptation, AdaptedData, AdaptedEvaluation
from snnc.text.arguments import FileName, Tensors
from snnc.verbs.evaluate.options import AdaptOptions, EvaluateOptions, LearningSimulator
from snnc.verbs.evaluate.verb import evaluate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.output.imported import ImportedPackage
    from snnc.runtime.data import Examples
    from snnc.runtime.examples import Array
    from snnc.runtime.network import Network


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
        problem = f"`{readout.name}` doesn't learn: write `learn pes` in it"
        raise CannotRunError(problem)
    simulator = options.simulator
    # nengo-loihi builds the network whose integers the exact engine reads.
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
        # Subtracting the largest output changes no share, and keeps the powers finite.
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shown = powers / powers.sum(axis=1, keepdims=True)
    errors = np.abs(shown - targets_of(labels, network))
    # Only the last pass counts. Outputs are those from before an example is learned.
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

    The first pass keeps the order in which examples were drawn, and so do the others
    without a ``seed``.
    """
    import numpy as np

    drawn = np.arange(count)
    if seed is None:
        return np.tile(drawn, passes)
    random = np.random.default_rng(seed)
    later = [random.permutation(count) for _ in range(1, passes)]
    return np.concatenate([drawn, *later])


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
            # Learning begins in the second half of an example.
            outputs.append(rows[:, network.steps // 2])
        return np.concatenate(outputs), built.learning.weights(run.sim)


def evaluate_adapted(
    options: EvaluateOptions,
    package: ImportedPackage,
    data: FileName,
    weights: FileName,
    adapt_data: FileName,
    *,
    passes: int,
    keep: FileName | None,
    weights_out: FileName | None,
) -> AdaptedEvaluation:
    """Evaluate a package, let its readout learn, and evaluate it again.

    ``keep`` names old data on which the package is evaluated before and after, too.
    Raise ValueError if the simulator does not learn.
    """
    # Several evaluations would write the same file.
    once = replace(options, output=None)
    learning = adapt(
        package,
        adapt_data,
        None,
        weights,
        AdaptOptions(
            simulator=cast("LearningSimulator", options.simulator),
            seed=options.seed,
            passes=passes,
            weights_out=weights_out,
        ),
    )

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
