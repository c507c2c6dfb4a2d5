"""What max pools cost beside cores: time and exactness, and what else would do."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, prod, sqrt

from snnc.ir.logical import Layer, MaxPool, Network
from snnc.ir.maxima import error_of, levels_of
from snnc.report.summary import Row, Summary
from snnc.text.units import counted, dims


def notes(summary: Summary) -> Iterator[str]:
    """Say of each max pool how late its maximum is, and how far off."""
    for layer in _pools(summary.network):
        levels = levels_of(summary.network, layer)
        error = error_of(summary.network, layer)
        yield (
            f"{layer.name}: the maximum comes {counted(levels, 'level')} of neurons "
            f"later, about {1000 * latency(summary.network, layer):g} ms, and is off "
            f"by {error.bias:+.2f} of an activation of 1.0, give or take "
            f"{error.deviation:.2f}"
        )


def latency(network: Network, layer: Layer) -> float:
    """Seconds until what the levels of a max pool compare has arrived.

    Each of them waits for its filter, a time constant, and for a step.
    """
    assert layer.spiking is not None
    each = layer.spiking.synapse + network.timing.dt
    return levels_of(network, layer) * each


def alternatives(summary: Summary) -> Iterator[str]:
    """Say of each max pool what it takes, and what would take its place."""
    core = summary.profile.core.compartments
    rows = {row.name: row for row in summary.rows}
    for layer in _pools(summary.network):
        pool = layer.operation
        assert isinstance(pool, MaxPool)
        neurons = prod(layer.shape)
        error = error_of(summary.network, layer).size
        yield (
            f"{layer.name}: {_taken(rows[layer.name])}, off by {error:.2f} of an "
            "activation of 1.0 (root mean square). `avgpool` in its place takes none, "
            f"but a mean is off by {_mean_error(prod(pool.window)):.2f} from the "
            f"maximum; `downsample {{ factor {dims(pool.window)} }}` takes "
            f"{counted(neurons, 'neuron')}, at least "
            f"{counted(ceil(neurons / core), 'core')}, and has to be trained."
        )


def _taken(row: Row) -> str:
    neurons = counted(row.neurons or 0, "neuron")
    return (
        neurons if row.cores is None else f"{neurons} on {counted(row.cores, 'core')}"
    )


def _pools(network: Network) -> Iterator[Layer]:
    for layer in network.layers:
        if isinstance(layer.operation, MaxPool) and layer.spiking is not None:
            yield layer


def _mean_error(values: int) -> float:
    """The root mean square of mean less maximum, values being alike in 0..1.

    Of n independent values, the maximum M and the mean A have E[M^2] = n / (n + 2),
    E[A^2] = 1/4 + 1 / (12 n) and E[A M] = (n + 1) / (2 (n + 2)).
    """
    both = (values + 1) / (2 * (values + 2))
    mean, most = 1 / 4 + 1 / (12 * values), values / (values + 2)
    return sqrt(most - 2 * both + mean)
