"""Continue to train the readout of a package, from Python."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from snnc.tools.opening import FileName, Tensors, as_package

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.tools.package import Package


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation:
    """The weights that a readout learned, and its decisions during learning.

    Attributes
    ----------
    y
        The labels, (examples,), or the values, in the order of presentation.
    outputs
        The readout's outputs for each example during learning: (examples, units).
    weights
        All tensors by name, with the learned kernel of the readout.
    classes
        Whether units are classes.
    score
        The accuracy while learning, or the root mean square error.
    """

    y: NDArray[Any]
    outputs: NDArray[Any]
    weights: dict[str, NDArray[np.float32]]
    classes: bool
    score: float

    @property
    def accuracy(self) -> float | None:
        """The share of right decisions while learning; None of a regression."""
        return self.score if self.classes else None

    @property
    def rmse(self) -> float | None:
        """The root mean square error while learning; None of classes."""
        return None if self.classes else self.score

    def __repr__(self) -> str:
        reached = (
            f"RMSE {self.rmse:.4g}"
            if self.accuracy is None
            else f"accuracy {100 * self.accuracy:.1f} %"
        )
        return f"<snnc.Adaptation: {reached} while learning {len(self.y)} examples>"


def adapt(
    package: Package | FileName,
    x: Any,
    y: Any,
    weights: Tensors | FileName,
    *,
    simulator: Literal["loihi", "nengo"] = "loihi",
    examples: int | None = None,
    seed: int | None = 0,
    weights_out: FileName | None = None,
) -> Adaptation:
    """Present examples one after another while the readout learns.

    Parameters
    ----------
    package
        The package of a spec with ``learn pes``, or its folder.
    x : array (examples, *input shape)
    y : array (examples,) of integers, or (examples, units) of floats
    weights : path or mapping
        The initial weights.
    simulator
        ``loihi``, nengo-loihi's emulator, or ``nengo``.
    examples
        Present only this many, drawn by the seed.
    seed
        Shuffles the examples; None leaves their order.
    weights_out
        A file for the weights that were learned.

    Raises
    ------
    ValueError
        If the readout does not learn, the data are not what the network accepts or
        are of one class, or the chip can't learn with such weights.
    """
    import numpy as np  # these need NumPy and Nengo, which are extras

    from snnc.runtime.data import DataError, DataSpec
    from snnc.runtime.examples import decide, score
    from snnc.runtime.labels import select
    from snnc.runtime.nengo.simulators import SimulatorRun, require

    package = as_package(package)
    network = package.opened.network
    readout = network.readout
    if readout.learn is None:
        raise ValueError(f"`{readout.name}` doesn't learn: write `learn pes` in it")
    require(simulator, network)
    given = np.asarray(x), np.asarray(y)
    if not len(given[0]):
        raise DataError("there are no examples to learn from")
    chosen = select(*given, DataSpec.of(network), examples, seed)
    if readout.classes and len(np.unique(chosen.y)) == 1:
        raise DataError(
            f"all examples are of class {chosen.y[0]}: the readout would forget the "
            "others; give examples of several classes"
        )
    tensors = dict(package.layout.LAYOUT.read(weights))
    built = package.nengo_network.build_network(tensors, chosen[:], targets=chosen.y)
    outputs = []
    with closing(SimulatorRun(simulator, built, network)) as run:
        for first in range(0, len(chosen), run.at_once):
            rows, _ = run.present(min(run.at_once, len(chosen) - first))
            outputs.append(decide(rows, readout.decide))
        learned = built.learning.weights(run.sim)
    kernel = f"{readout.name}.kernel"
    tensors[kernel] = np.asarray(learned, np.float32).reshape(tensors[kernel].shape)
    if weights_out is not None:
        package.layout.save_weights(weights_out, tensors)
    found = np.concatenate(outputs)
    reached = score(found, chosen.y, readout.classes)
    return Adaptation(chosen.y, found, tensors, readout.classes, reached)
