"""The weights of a model, read layer by layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING

from typing_extensions import Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]

Shapes = dict[str, tuple[int, ...]]


class ModelWeights(ABC):
    """A file of weights that is open; a context manager that closes it.

    One layer at a time is in memory, as long as the caller keeps its arrays.
    """

    @abstractmethod
    def of(self, layer: str) -> Arrays:
        """Return the arrays of a layer, by Keras's names and in Keras's order.

        Parameters
        ----------
        layer :
            Its name in the model, that of a submodel before it.

        Returns
        -------
        dict of str to array
            Such as ``kernel`` and ``bias`` of a ``Conv2D``; empty for a layer without
            weights. The arrays of a wrapper are named as those of the layer in it;
            where two would have one name, the path inside the layer is before it.

        Raises
        ------
        RefusedModelError
            If the file is damaged or not safe to read, or does not say which weights
            the layer's are.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the file, and remove what was unpacked."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class StoredWeights(ModelWeights):
    """Weights in a file of this process, which can be looked at without reading."""

    @abstractmethod
    def shapes(self, layer: str) -> Shapes:
        """Return the shapes of a layer's arrays, of which nothing is read."""
