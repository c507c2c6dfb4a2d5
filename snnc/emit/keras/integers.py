"""``_integers.py``: training with kernels as the chip stores them."""

from __future__ import annotations

from collections import Counter

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.keras.discretize import is_joined
from snnc.emit.keras.model import normed
from snnc.emit.quoting import module_docstring
from snnc.graph.lowered import Projection
from snnc.graph.mapped import MappedNetwork


def integers(mapped: MappedNetwork) -> Module:
    """Return the module that lets Keras train on the chip's integers.

    It is of use only where some layer is on a chip.
    """
    network = mapped.lowered.network
    on_chip = [p.population.name for p in mapped.populations if p.population.on_chip]
    reads = [read for name in on_chip for read in mapped.lowered.into(name)]
    body = render(
        "keras/templates/_integers.py.jinja",
        docstring=module_docstring(
            "Training of {name} with kernels as the chip stores them.", network.name
        ),
        normed=bool(normed(network)),
        any_pooled=any(read.pools for read in reads),
        any_identity=any(read.tensor is None for read in reads),
        any_joined=any(is_joined(mapped, read) for read in reads),
        any_shared=_is_any_shared(reads),
    )
    return Module("_integers.py", body)


def _is_any_shared(reads: list[Projection]) -> bool:
    """Whether some kernel reads several layers."""
    kernels = Counter(read.tensor for read in reads if read.tensor is not None)
    return max(kernels.values(), default=0) > 1
